"""Actors that stop before each call to the database or the store, until a test lets them go on or forgets them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Concatenate, ParamSpec, TypeVar

from modelyard.application.ports.blob_store import BlobKey, BlobStore, StagedBlob
from modelyard.application.ports.database import Database, Listener, Transaction
from tests.fakes.clock import START, FixedClock

P = ParamSpec("P")
R = TypeVar("R")


class Actor:
    """One activity. It stands at its gate whenever it is about to touch anything that others see; a free one passes."""

    def __init__(self, *, is_free: bool = False) -> None:
        self.wrote_at = START
        self._is_free = is_free
        self._is_dead = False
        self._arrived = asyncio.Event()
        self._opened = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def begin(self, activity: Coroutine[None, None, None]) -> bool:
        """Go up to the first gate. False when it has come to its end, as a free one has."""
        self._task = asyncio.create_task(activity)
        return await self._stands(self._task)

    async def step(self) -> bool:
        """Let it do one call, up to its next gate. False when it has come to its end."""
        assert self._task is not None
        self._arrived.clear()
        self._opened.set()
        return await self._stands(self._task)

    async def _stands(self, task: asyncio.Task[None]) -> bool:
        arrival = asyncio.create_task(self._arrived.wait())
        await asyncio.wait((arrival, task), return_when=asyncio.FIRST_COMPLETED)
        arrival.cancel()
        if task.done():
            task.result()
        return not task.done()

    async def crash(self) -> None:
        """End it where it stands, as if its process had been killed: nothing that it would do in the end is done."""
        assert self._task is not None
        self._is_dead = True
        self._task.cancel()
        await asyncio.wait((self._task,))

    async def gate(self) -> None:
        """Wait until the test lets it pass; for the dead there is no passing.

        Raises:
            CancelledError: it is dead, whatever it still wants to do.
        """
        if self._is_dead:
            raise asyncio.CancelledError
        if self._is_free:
            return
        self._arrived.set()
        await self._opened.wait()
        self._opened.clear()


class GatedDatabase:
    """A `Database` for one actor."""

    def __init__(self, database: Database, actor: Actor, clock: FixedClock) -> None:
        self._database = database
        self._actor = actor
        self._clock = clock

    async def open(self) -> None:
        raise NotImplementedError

    close = check = open

    async def read(self, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        await self._actor.gate()
        return await self._database.read(query, *args, **kwargs)

    async def scan(self, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        await self._actor.gate()
        return await self._database.scan(query, *args, **kwargs)

    async def write(self, use_case: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        await self._actor.gate()
        self._actor.wrote_at = self._clock.now()
        return await self._database.write(use_case, *args, **kwargs)

    async def sweep(self, use_case: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        await self._actor.gate()
        self._actor.wrote_at = self._clock.now()
        return await self._database.sweep(use_case, *args, **kwargs)

    @asynccontextmanager
    async def leading(self, task: str) -> AsyncIterator[bool]:
        """Everyone leads: what is safe may not hang on there being one."""
        yield True

    async def state(self) -> object | None:
        return await self._database.state()

    def listening(self, topic: str) -> AbstractAsyncContextManager[Listener]:
        return self._database.listening(topic)


class GatedBlobStore:
    """A `BlobStore` for one actor; staged bytes age by the clock of the test."""

    def __init__(self, store: BlobStore, actor: Actor, clock: FixedClock, written_at: dict[str, float]) -> None:
        self._store = store
        self._actor = actor
        self._clock = clock
        self._written_at = written_at

    async def open(self) -> None:
        raise NotImplementedError

    close = check = open

    async def stage(self, pieces: AsyncIterable[bytes], *, limit_bytes: int) -> StagedBlob:
        await self._actor.gate()
        staged = await self._store.stage(pieces, limit_bytes=limit_bytes)
        self._written_at[staged.token] = self._now()
        return staged

    async def stage_all(self, contents: AsyncIterable[bytes]) -> Sequence[StagedBlob]:
        await self._actor.gate()
        blobs = await self._store.stage_all(contents)
        self._written_at |= {blob.token: self._now() for blob in blobs}
        return blobs

    async def append(self, token: str, offset_bytes: int, pieces: AsyncIterable[bytes], *, limit_bytes: int) -> int:
        await self._actor.gate()
        self._written_at[token] = self._now()
        return await self._store.append(token, offset_bytes, pieces, limit_bytes=limit_bytes)

    async def seal(self, token: str, size_bytes: int) -> StagedBlob:
        await self._actor.gate()
        return await self._store.seal(token, size_bytes)

    async def publish(self, staged: StagedBlob, key: BlobKey) -> None:
        await self._actor.gate()
        await self._store.publish(staged, key)

    async def publish_all(self, blobs: Sequence[tuple[StagedBlob, BlobKey]]) -> None:
        """A stop before each of them: a store that has no single call for all may be stopped between any two."""
        for staged, key in blobs:
            await self._actor.gate()
            await self._store.publish(staged, key)

    async def discard(self, token: str) -> None:
        await self._actor.gate()
        await self._store.discard(token)

    def read(self, key: BlobKey, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        return self._store.read(key, start, stop)

    async def delete(self, key: BlobKey) -> None:
        await self._actor.gate()
        await self._store.delete(key)

    async def signed_url(self, key: BlobKey, ttl_seconds: int) -> str | None:
        return await self._store.signed_url(key, ttl_seconds)

    async def stored(self) -> AsyncIterator[tuple[BlobKey, int]]:
        """A stop before each file, so that what was listed is stale when it is used."""
        async for item in self._store.stored():
            await self._actor.gate()
            yield item

    async def staged(self) -> AsyncIterator[tuple[str, float]]:
        async for token, _ in self._store.staged():
            await self._actor.gate()
            yield token, self._now() - self._written_at[token]

    def _now(self) -> float:
        return self._clock.now().timestamp()
