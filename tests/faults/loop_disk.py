"""A disk in a file, whose power can be cut: what its file system had not made durable is gone."""

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SIZE_BYTES = 2**30
PATIENCE_SECONDS = 30.0
SHUTDOWN = 0x8004587D
"""`FS_IOC_SHUTDOWN`, which ext4 and XFS know."""
WITHOUT_ITS_LOG = 2
"""`FS_SHUTDOWN_FLAGS_NOLOGFLUSH`: neither data nor the journal in memory reach the disk any more."""
MAKERS = {"ext4": ("mkfs.ext4", "-q"), "xfs": ("mkfs.xfs", "-q")}


class NoDisk(Exception):
    """This machine lets nobody mount such a disk; the message tells why."""


@dataclass(frozen=True, slots=True)
class LoopDisk:
    image: Path
    mount: Path

    def cut_power(self) -> None:
        """From here on every write and fsync fails, and what was in memory alone never gets to the disk."""
        descriptor = os.open(self.mount, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", WITHOUT_ITS_LOG))
        finally:
            os.close(descriptor)

    def restore_power(self) -> None:
        """Mount it anew; the file system repairs itself from its journal, as after a real cut."""
        self.unmount()
        self._await_detached()
        run("mount", "-o", "loop", str(self.image), str(self.mount))

    def _await_detached(self) -> None:
        """A program beside us that has its own view of all mounts may hold this one a moment longer.

        Mounted before it is gone, the disk would be the old one, without power.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while run("losetup", "--associated", str(self.image)):
            assert time.monotonic() < until, "the disk is still held by somebody"
            time.sleep(0.02)

    def unmount(self) -> None:
        """A process that was killed lets go of its files a moment after it is waited for."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                run("umount", str(self.mount))
            except NoDisk:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return


@contextlib.contextmanager
def mounted(kind: str, folder: Path) -> Iterator[LoopDisk]:
    """An empty file system of this kind.

    Raises:
        NoDisk: there is no program to make it, or mounting is not allowed here.
    """
    if shutil.which(MAKERS[kind][0]) is None:
        raise NoDisk(f"{MAKERS[kind][0]} is not installed")
    disk = LoopDisk(folder / f"{kind}.img", folder / "mount")
    disk.mount.mkdir()
    with disk.image.open("wb") as image:
        image.truncate(SIZE_BYTES)
    run(*MAKERS[kind], str(disk.image))
    run("mount", "-o", "loop", str(disk.image), str(disk.mount))
    try:
        yield disk
    finally:
        disk.unmount()


def run(*command: str) -> str:
    """What it says."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise NoDisk(f"{command[0]} does not run here: {error}") from error
    if done.returncode:
        raise NoDisk(f"{command[0]} is not allowed here: {done.stderr.strip()}")
    return done.stdout
