"""Bytes by their digests: each content once, whatever files of whatever versions have it."""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelyard.client.failures import DiskFault

SEALED_NS: Final = 946_684_800 * 10**9
"""The time of last change of every verified content, 2000-01-01: one that was edited has another one."""

_READ_ONLY: Final = 0o444
_PIECE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Contents:
    """`sha256/ab/<digest>` below the folder of a cache. A file there is whole and was verified when it came."""

    folder: Path

    def path(self, digest: str) -> Path:
        """Where the content of this digest is, if it is there."""
        name = digest.removeprefix("sha256:")
        if len(name) != 64 or not set(name) <= set("0123456789abcdef"):
            raise ValueError(digest)
        return self.folder / "sha256" / name[:2] / name

    def holds(self, digest: str, size_bytes: int) -> bool:
        """Whether it is there as it was verified. One that was changed since is dropped."""
        path = self.path(digest)
        try:
            status = path.lstat()
        except FileNotFoundError:
            return False
        if is_sealed(status, size_bytes):
            return True
        return self._is_right_after_all(path, digest)

    def add(self, digest: str, content: bytes) -> None:
        """Keep verified bytes."""
        with disk_faults(self.folder):
            temporary = self.temporary()
            try:
                temporary.write_bytes(content)
                self.adopt(temporary, digest)
            finally:
                temporary.unlink(missing_ok=True)

    def adopt(self, temporary: Path, digest: str) -> None:
        """Make a file of the cache's own, whose bytes were verified, the content of this digest."""
        target = self.path(digest)
        temporary.chmod(_READ_ONLY)
        os.utime(temporary, ns=(time.time_ns(), SEALED_NS))
        try:
            temporary.replace(target)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(target)

    def temporary(self) -> Path:
        """A new name for a file that is not complete yet, in the same file system."""
        folder = self.folder / "partial"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{secrets.token_hex(16)}.tmp"

    def all(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Every content with its status."""
        with suppress(FileNotFoundError):
            for shard in os.scandir(self.folder / "sha256"):
                for entry in os.scandir(shard.path):
                    with suppress(FileNotFoundError):  # dropped since it was listed
                        yield Path(entry.path), entry.stat(follow_symlinks=False)

    def is_right(self, path: Path) -> bool:
        """Whether a file, read anew, has the bytes of its name."""
        digest = hashlib.sha256()
        buffer = memoryview(bytearray(_PIECE_BYTES))
        with path.open("rb", buffering=0) as file:
            while count := file.readinto(buffer):
                digest.update(buffer[:count])
        return digest.hexdigest() == path.name

    def _is_right_after_all(self, path: Path, digest: str) -> bool:
        """It was touched; perhaps nothing more."""
        with disk_faults(self.folder):
            if self.is_right(path):
                os.utime(path, ns=(time.time_ns(), SEALED_NS))
                path.chmod(_READ_ONLY)
                return True
            self.path(digest).unlink(missing_ok=True)
        return False


def is_sealed(status: os.stat_result, size_bytes: int) -> bool:
    """Whether a file is as long as it should be, and has not been written to since it was verified."""
    return status.st_size == size_bytes and status.st_mtime_ns == SEALED_NS


@contextmanager
def disk_faults(folder: Path) -> Iterator[None]:
    """What the disk refuses becomes an error that says so.

    Raises:
        DiskFault: with the reason, such as `No space left on device`.
    """
    try:
        yield
    except OSError as error:
        place = error.filename or folder
        raise DiskFault(
            f"{place}: {error.strerror or error}", hint="MODELYARD_CACHE sets where the cache is."
        ) from error
