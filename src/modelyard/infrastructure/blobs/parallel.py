"""Many calls at a time, but not all of them."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 16


async def in_parallel(
    call: Callable[[T], Awaitable[R]], items: AsyncIterable[T] | Iterable[T]
) -> AsyncGenerator[R, None]:
    """The results in the order of the items, of which up to 16 are worked on at a time.

    When an item or a call fails, no further call is begun. Those under way are waited for, and the results of those
    that went well are given before the failure is raised: who has to undo knows all of them.
    """
    under_way: deque[asyncio.Future[R]] = deque()
    failure: BaseException | None = None
    try:
        async for item in _items(items):
            if len(under_way) == AT_ONCE:
                yield await under_way.popleft()
            under_way.append(asyncio.ensure_future(call(item)))
    except GeneratorExit:
        raise
    except BaseException as error:  # noqa: BLE001  # raised below
        failure = error
    finally:
        await _ended(under_way)
    for future in under_way:
        if future.exception() is None:
            yield future.result()
        else:
            failure = failure or future.exception()
    if failure is not None:
        raise failure


async def _items(items: AsyncIterable[T] | Iterable[T]) -> AsyncGenerator[T, None]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


async def _ended(calls: Iterable[asyncio.Future[R]]) -> None:
    """Wait for all of them; a cancellation is held back so long, and raised then."""
    cancelled: asyncio.CancelledError | None = None
    waiting = set(calls)
    while waiting:
        try:
            _, waiting = await asyncio.wait(waiting)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
