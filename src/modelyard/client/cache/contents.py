"""Bytes by their digests: each content once, whatever files of whatever versions have it."""

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelyard.client.failures import DiskFault

SEALED_NS: Final = 946_684_800 * 10**9
"""The time of last change of every verified content, 2000-01-01: one that was edited has another one."""

_DIGEST: Final = re.compile(r"sha256:(([0-9a-f]{2})[0-9a-f]{62})", re.ASCII)
_READ_ONLY: Final = 0o444
_PIECE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Contents:
    """`sha256/ab/<digest>` below the folder of a cache. A file there is whole and was verified when it came."""

    folder: Path

    def path(self, digest: str) -> Path:
        """Where the content of this digest is, if it is there."""
        return Path(self._name(digest))

    def holds(self, digest: str, size_bytes: int) -> bool:
        """Whether it is there as it was verified. One that was changed since is dropped."""
        try:
            status = os.lstat(self._name(digest))
        except FileNotFoundError:
            return False
        if is_sealed(status, size_bytes):
            return True
        return self._is_right_after_all(self.path(digest), digest)

    def add(self, digest: str, content: bytes) -> None:
        """Keep verified bytes."""
        with disk_faults(self.folder):
            name = self._temporary()
            try:
                with Path(name).open("xb", buffering=0) as file:
                    file.write(content)
                self._adopt(name, digest)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    def adopt(self, temporary: Path, digest: str) -> None:
        """Make a file of the cache's own, whose bytes were verified, the content of this digest."""
        self._adopt(str(temporary), digest)

    def partial(self, digest: str) -> Path:
        """Where a content grows that arrives in parts."""
        return Path(self._temporary()).with_name(f"{digest.removeprefix('sha256:')}.bytes")

    def link(self, digest: str, target: str) -> None:
        """Give a content a name outside; a copy where the file system has no hard links, or no more of them.

        Raises:
            FileNotFoundError: it is not there any more.
        """
        name = self._name(digest)
        try:
            os.link(name, target, follow_symlinks=False)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copy2(name, target)

    def _adopt(self, temporary: str, digest: str) -> None:
        # Text and not `Path` here and around: building paths took more time than all calls to the system together.
        target = self._name(digest)
        os.chmod(temporary, _READ_ONLY)  # noqa: PTH101
        os.utime(temporary, ns=(time.time_ns(), SEALED_NS))
        try:
            os.replace(temporary, target)  # noqa: PTH105
        except FileNotFoundError:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            Path(temporary).replace(target)

    def _name(self, digest: str) -> str:
        match = _DIGEST.fullmatch(digest)
        if match is None:
            raise ValueError(digest)
        return f"{self.folder}/sha256/{match[2]}/{match[1]}"

    def _temporary(self) -> str:
        """A new name for a file that is not complete yet, in the same file system."""
        folder = f"{self.folder}/partial"
        if not os.path.isdir(folder):  # noqa: PTH112
            Path(folder).mkdir(parents=True, exist_ok=True)
        return f"{folder}/{secrets.token_hex(16)}.tmp"

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
