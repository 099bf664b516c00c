"""The threads of a store: blocking calls leave the event loop here, and only here."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import ParamSpec, TypeVar

from modelyard.domain.errors import StorageUnavailable
from modelyard.infrastructure.blobs.faults import storage_error

P = ParamSpec("P")
T = TypeVar("T")

_PORTION = 500

logger = logging.getLogger(__name__)


class Workers:
    """A bounded pool of named threads; every `OSError` that leaves it is an error of the registry.

    The pool is the store's own: the loop's default one is shared with name resolution, so that eight slow calls would
    stop more than the store.
    """

    def __init__(self, name: str, count: int) -> None:
        self._name = name
        self._count = count
        self._pool: ThreadPoolExecutor | None = None

    @property
    def is_running(self) -> bool:
        """Whether work is taken."""
        return self._pool is not None

    def start(self) -> None:
        """Take work. Idempotent; threads are born when there is work for them."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._count, thread_name_prefix=self._name)

    async def stop(self) -> None:
        """End all work that was begun, then the threads; the loop goes on meanwhile. Idempotent."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown)

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin a call in a thread.

        Raises:
            StorageUnavailable: the pool is not running.
        """
        if self._pool is None:
            raise StorageUnavailable("the file store is not open")
        return self._pool.submit(_guarded, partial(function, *args, **kwargs))

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call in a thread, and return only when the call has ended, even when the task is cancelled meanwhile."""
        return await ended(self.submit(function, *args, **kwargs))

    async def walk(self, items: Generator[T, None, None]) -> AsyncIterator[T]:
        """Drive a blocking generator in portions of 500 items, one call in a thread each."""
        try:
            while portion := await self.run(lambda: list(islice(items, _PORTION))):
                for item in portion:
                    yield item
        finally:
            items.close()


async def ended(call: Future[T]) -> T:
    """Wait until a call has ended; a cancellation is held back so long, and raised then.

    A thread cannot be interrupted: whoever went on at once would close descriptors and unlink files under its hands.
    """
    waiting = asyncio.wrap_future(call)
    cancelled: asyncio.CancelledError | None = None
    while not waiting.done():
        try:
            await asyncio.wait((waiting,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        waiting.exception()
        raise cancelled
    return waiting.result()


def _guarded(call: partial[T]) -> T:
    try:
        return call()
    except OSError as error:
        logger.error("the file store failed in %s", getattr(call.func, "__qualname__", call.func), exc_info=error)
        raise storage_error(error) from error
