"""Files on this machine that a version is to have."""

import hashlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelyard.client.answers import Document
from modelyard.client.failures import DiskFault
from modelyard.client.transfer.progress import Progress, Silence

_PIECE_BYTES: Final = 1 << 20
_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A file that lies at `source`, and its relative POSIX path in the version."""

    path: str
    source: Path
    digest: str
    size_bytes: int
    media_type: str = "application/octet-stream"

    @property
    def entry(self) -> Document:
        """As a registration names it."""
        return {
            "path": self.path,
            "digest": self.digest,
            "size_bytes": self.size_bytes,
            "media_type": self.media_type,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that is to be read and hashed, and its relative POSIX path in the version."""

    path: str
    source: Path
    media_type: str = "application/octet-stream"


def local_file(source: Path, path: str, media_type: str = "application/octet-stream") -> LocalFile:
    """Read and hash a file.

    Raises:
        DiskFault: it cannot be read.
    """
    return _hashed(Source(path=path, source=source, media_type=media_type), Silence())


def local_files(sources: Sequence[Source], progress: Progress | None = None) -> list[LocalFile]:
    """Read and hash files, several at a time; the result is in their order.

    Raises:
        DiskFault: one of them cannot be read.
    """
    from modelyard.client.transfer.crew import work_off

    told = progress or Silence()
    found: dict[int, LocalFile] = {}

    def work(place: int, stop: threading.Event) -> None:  # noqa: ARG001  # a file is soon read
        found[place] = _hashed(sources[place], told)

    told.begin("hashing", sum(_size_of(one.source) for one in sources))
    try:
        work_off(range(len(sources)), work, min(_AT_ONCE, os.cpu_count() or 1), "hashing")
    finally:
        told.end()
    return [found[place] for place in range(len(sources))]


def _hashed(wanted: Source, told: Progress) -> LocalFile:
    digest, size_bytes = hashlib.sha256(), 0
    try:
        with wanted.source.open("rb", buffering=0) as file:
            buffer = memoryview(bytearray(min(_PIECE_BYTES, os.fstat(file.fileno()).st_size + 1)))
            while count := file.readinto(buffer):
                digest.update(buffer[:count])
                size_bytes += count
                told.advance(count)
    except OSError as error:
        raise _unreadable(wanted.source, error) from error
    return LocalFile(
        path=wanted.path,
        source=wanted.source,
        digest=f"sha256:{digest.hexdigest()}",
        size_bytes=size_bytes,
        media_type=wanted.media_type,
    )


def _size_of(source: Path) -> int:
    try:
        return source.stat().st_size
    except OSError as error:
        raise _unreadable(source, error) from error


def _unreadable(source: Path, error: OSError) -> DiskFault:
    return DiskFault(f"{source} cannot be read: {error.strerror or error}")
