"""The folder that holds a registry, and the lock that keeps those apart who must not work on it together."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelyard.bootstrap.start import CannotStart

LOCK_NAME = "server.lock"


@contextmanager
def locked_data_folder(folder: Path, *, is_shared: bool = False) -> Iterator[None]:
    """Create the folder where it is missing, for its owner only, and hold its lock.

    With `is_shared` others may hold it too, who share it: their database keeps them apart.

    The kernel drops the lock when the process ends, however it ends, so nothing has to be cleaned up after a crash;
    the file itself stays, and names the last process that held it.

    Raises:
        CannotStart: Another process holds the lock, or the folder cannot be created or written to.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise CannotStart(f"Cannot use the data folder {folder}: {error.strerror}.") from None
    try:
        _lock(descriptor, folder, fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path, kind: int) -> None:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        raise CannotStart(
            f"The data folder {folder} is in use by another server or command (process {holder}); "
            "stop that one, or give this one a folder of its own with --data-dir."
        ) from None
    except OSError as error:
        raise CannotStart(f"Cannot lock the data folder {folder}: {error.strerror}.") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
