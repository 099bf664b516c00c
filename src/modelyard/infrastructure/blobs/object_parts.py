"""Streams on their way to an object store: cut into parts, hashed beside the loop, and one part ahead."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from typing import Generic, TypeVar

from modelyard.domain.digest import Digest
from modelyard.domain.errors import TooLarge
from modelyard.infrastructure.blobs.workers import Workers

T = TypeVar("T")

_MAX_PIECES = 1024


class Parts:
    """A stream cut into parts of exactly `part_bytes`, the last one shorter; hashed in a thread as they are cut."""

    def __init__(
        self,
        pieces: AsyncIterable[bytes],
        workers: Workers,
        *,
        part_bytes: int,
        limit_bytes: int,
        offset_bytes: int = 0,
    ) -> None:
        self.total_bytes = within(limit_bytes, offset_bytes)
        self.is_exhausted = False
        self._pieces = aiter(pieces)
        self._workers = workers
        self._part_bytes = part_bytes
        self._limit_bytes = limit_bytes
        self._rest = b""
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> Digest:
        """The digest of all parts that were taken."""
        return Digest(f"sha256:{self._hash.hexdigest()}")

    async def next(self) -> bytes | None:
        """The next part, or None at the end. An empty stream has no part.

        Raises:
            TooLarge: more than the limit came.
        """
        batch, size_bytes = [self._rest], len(self._rest)
        while size_bytes < self._part_bytes and not self.is_exhausted:
            piece = await anext(self._pieces, None)
            if piece is None:
                self.is_exhausted = True
                break
            size_bytes += len(piece)
            self.total_bytes = within(self._limit_bytes, self.total_bytes + len(piece))
            batch.append(piece)
            if len(batch) > _MAX_PIECES:  # a body that trickles in by single bytes must not be held in as many objects
                batch = [b"".join(batch)]
        return await self._workers.run(self._cut, batch) if size_bytes else None

    def _cut(self, batch: list[bytes]) -> bytes:
        joined = b"".join(batch)
        part, self._rest = joined[: self._part_bytes], joined[self._part_bytes :]
        self._hash.update(part)
        return part


class Ahead(Generic[T]):
    """Takes from a source one item ahead of the one who asks for them."""

    def __init__(self, source: Callable[[], Awaitable[T | None]]) -> None:
        self._source = source
        self._pending = asyncio.ensure_future(self._taken())

    async def next(self) -> T | None:
        """The next item, or None at the end. What the source raises is raised here.

        Raises:
            StoppedError: `stop` was called.
        """
        await asyncio.wait((self._pending,))
        if self._pending.cancelled():
            raise StoppedError
        item = self._pending.result()
        if item is not None:
            self._pending = asyncio.ensure_future(self._taken())
        return item

    def stop(self) -> None:
        """Take nothing more; `next` raises from now on. Idempotent."""
        self._pending.cancel()

    async def close(self) -> None:
        """Stop, and wait until nobody reads from the source. What it raised and nobody asked for is dropped."""
        self.stop()
        await asyncio.wait((self._pending,))
        if not self._pending.cancelled():
            self._pending.exception()

    async def _taken(self) -> T | None:
        return await self._source()


class StoppedError(Exception):
    """A stream was stopped from outside; whoever did it knows why."""


class Feed:
    """Parts as obstore takes them for an upload of many parts.

    Never more than one of an upload is on its way, and never more of all uploads than the budget allows. After each
    part comes an empty one: with a concurrency of 1 obstore asks for what follows that only when the part is stored, so
    this is how one learns that its place in the budget is free again. To raise is how such an upload is aborted; one
    that is cancelled stays behind in the store, unfinished.
    """

    def __init__(self, parts: Ahead[bytes], budget: asyncio.Semaphore) -> None:
        self._parts = parts
        self._budget = budget

    async def buffers(self) -> AsyncGenerator[bytes, None]:
        """Close it when the upload has ended: a part that failed is never asked about again."""
        while (part := await self._parts.next()) is not None:
            async with self._budget:
                yield part
                del part
                yield b""


def within(limit_bytes: int, total_bytes: int) -> int:
    """The total.

    Raises:
        TooLarge: it passes the limit.
    """
    if total_bytes > limit_bytes:
        raise TooLarge(f"more than {limit_bytes} bytes came", details={"limit_bytes": limit_bytes})
    return total_bytes
