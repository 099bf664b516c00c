"""The way in: a stream of small pieces becomes a durable file, and the loop never waits for the disk."""

import hashlib
import os
from collections.abc import AsyncIterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from modelyard.domain.digest import Digest
from modelyard.domain.errors import RegistryError, TooLarge
from modelyard.infrastructure.blobs.durable import IOV_MAX, DurableFile
from modelyard.infrastructure.blobs.workers import Workers, ended

BATCH_BYTES = 2**20
"""What one call in a thread hashes and writes. At most two are held: one on its way, one being collected."""

_KEPT_BYTES = 4 * 2**20


def keep_freed_memory() -> None:
    """Let the allocator keep the memory of pieces that were written, for the pieces that come next.

    glibc hands freed blocks of 128 KiB and more back to the kernel, and asks for zeroed pages again for the next piece:
    340,000 page faults in 1 GiB, a third of its CPU time. It keeps what is below the largest block that was ever freed,
    so one is freed here. Without any effect on other allocators.
    """
    bytes(_KEPT_BYTES)


class Sink(Protocol):
    """Where batches go. The methods run in threads, one at a time; the first of them opens the file."""

    def write(self, batch: Sequence[bytes]) -> None:
        """Take a batch; not durable yet."""

    def finish(self, batch: Sequence[bytes]) -> None:
        """Take the last batch, which may be empty, make all of it durable, and close."""

    def abandon(self) -> None:
        """Close, and undo what was written. Never raises an `OSError`."""


async def pour(
    pieces: AsyncIterable[bytes], sink: Sink, workers: Workers, *, offset_bytes: int = 0, limit_bytes: int
) -> int:
    """Stream pieces into a sink; returns `offset_bytes` and what came.

    A body below one batch costs a single call in a thread.

    Raises:
        TooLarge: the sum passes `limit_bytes`; like every other end but the good one it abandons the sink.
    """
    in_flight: Future[None] | None = None
    batch: list[bytes] = []
    batch_bytes = 0
    total_bytes = _within(limit_bytes, offset_bytes)
    try:
        async for piece in pieces:
            total_bytes = _within(limit_bytes, total_bytes + len(piece))
            batch.append(piece)
            batch_bytes += len(piece)
            # The count bounds what a body that trickles in by single bytes can hold in objects.
            if batch_bytes >= BATCH_BYTES or len(batch) >= IOV_MAX:
                if in_flight is not None:
                    await ended(in_flight)
                in_flight = workers.submit(sink.write, batch)
                batch, batch_bytes = [], 0
        if in_flight is not None:
            await ended(in_flight)
        await workers.run(sink.finish, batch)
    except BaseException:
        await _abandon(sink, workers, in_flight)
        raise
    return total_bytes


def _within(limit_bytes: int, total_bytes: int) -> int:
    if total_bytes > limit_bytes:
        raise TooLarge(f"more than {limit_bytes} bytes came", details={"limit_bytes": limit_bytes})
    return total_bytes


async def _abandon(sink: Sink, workers: Workers, in_flight: Future[None] | None) -> None:
    try:
        if in_flight is not None:
            with suppress(RegistryError):  # raised before, or second to what ended the stream
                await ended(in_flight)
    finally:
        if workers.is_running:
            await workers.run(sink.abandon)
        else:
            sink.abandon()


class StagedFile:
    """A new file, hashed as it is written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: DurableFile | None = None
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> Digest:
        """The digest of all that was written."""
        return Digest(f"sha256:{self._hash.hexdigest()}")

    def write(self, batch: Sequence[bytes]) -> None:
        """Write and hash: in this order, so that the disk works meanwhile."""
        self._opened().write(batch)
        for piece in batch:
            self._hash.update(piece)

    def finish(self, batch: Sequence[bytes]) -> None:
        """The bytes are durable, their name is not: until they are published, only this process knows it."""
        self.write(batch)
        file = self._opened()
        file.sync()
        file.close()

    def abandon(self) -> None:
        """Close and unlink."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                self._path.unlink()

    def _opened(self) -> DurableFile:
        if self._file is None:
            self._file = DurableFile(self._path, os.O_CREAT | os.O_EXCL)
        return self._file
