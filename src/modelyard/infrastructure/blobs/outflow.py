"""The way out: a file is read piece by piece, one piece ahead of the one who takes them."""

import os
import sys
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from pathlib import Path

from modelyard.domain.errors import BlobLost
from modelyard.infrastructure.blobs.workers import Workers, ended

PIECE_BYTES = 2 * 2**20
"""Bytes read by one call in a thread. Two pieces are held at most: one with the taker, one read ahead."""


async def pieces_of(path: Path, start: int, stop: int, workers: Workers) -> AsyncGenerator[bytes, None]:
    """Bytes `start` to `stop` of a file. A range of one piece costs one call in a thread.

    Ended early, by cancellation or `aclose`, it closes the file as soon as no thread reads from it.

    Raises:
        BlobLost: the file is missing or ends before `stop`.
    """
    source = _Source(path)
    pending = workers.submit(source.read_first, start, min(start + PIECE_BYTES, stop), stop)
    try:
        for piece_stop in range(start + PIECE_BYTES, stop, PIECE_BYTES):
            piece = await ended(pending)
            pending = workers.submit(source.read, piece_stop, min(piece_stop + PIECE_BYTES, stop))
            yield piece
            del piece  # else it is held while the taker already has the next
        last = await ended(pending)
        if last:
            yield last
    finally:
        pending.add_done_callback(source.close)


class _Source:
    """A file open for reading. The methods run in threads, one at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def read_first(self, start: int, stop: int, needed_bytes: int) -> bytes:
        """Open, see that `needed_bytes` are there, and read; closes at once when this is all."""
        self._descriptor = self._opened()
        if os.fstat(self._descriptor).st_size < needed_bytes:
            raise BlobLost("a stored file is shorter than recorded")
        if stop < needed_bytes:
            _announce_sequence(self._descriptor)
            return self.read(start, stop)
        piece = self.read(start, stop)
        self.close()
        return piece

    def read(self, start: int, stop: int) -> bytes:
        """All bytes of a range.

        Raises:
            BlobLost: the file has become shorter since it was opened.
        """
        piece = os.pread(self._descriptor, stop - start, start)
        while len(piece) < stop - start:
            more = os.pread(self._descriptor, stop - start - len(piece), start + len(piece))
            if not more:
                raise BlobLost("a stored file is shorter than recorded")
            piece += more
        return piece

    def close(self, _: Future[bytes] | None = None) -> None:
        """Let go of the descriptor. Idempotent."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError as error:
            if not self._path.parent.is_dir():
                raise
            raise BlobLost("a stored file is missing") from error


def _announce_sequence(descriptor: int) -> None:
    # Doubles the kernel's read-ahead: 1 GiB that is not in memory comes in 0.43 s instead of 0.73.
    if sys.platform == "linux":
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
