"""Work that the server does by itself, again and again."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from modelyard.application.tasks import end_tasks

logger = logging.getLogger(__name__)


@asynccontextmanager
async def beside(work: Callable[[], Awaitable[None]], *, name: str) -> AsyncIterator[None]:
    """Do work that has no end while the block lasts, then cancel it."""

    async def working() -> None:
        await work()

    task = asyncio.create_task(working(), name=name)
    try:
        yield
    finally:
        await end_tasks(task)


@asynccontextmanager
async def repeated(task: Callable[[], Awaitable[None]], *, name: str, interval_seconds: float) -> AsyncIterator[None]:
    """Do a task about every `interval_seconds` while the block lasts, then cancel it; with 0 never.

    The first time comes after a random part of the interval, the others after one that is up to a tenth longer or
    shorter: servers that start together do not work together. A failure is logged, and the task is done again at its
    next time.
    """
    if not interval_seconds:
        yield
        return
    async with beside(lambda: _repeat(task, name, interval_seconds), name=name):
        yield


async def _repeat(task: Callable[[], Awaitable[None]], name: str, interval_seconds: float) -> None:
    pause_seconds = interval_seconds * random.SystemRandom().random()
    while True:
        await asyncio.sleep(pause_seconds)
        try:
            await task()
        except Exception:  # whatever it is, it must not end the server, nor the schedule
            logger.exception("%s failed; it is tried again in %.0f seconds", name, interval_seconds)
        pause_seconds = interval_seconds * random.SystemRandom().uniform(0.9, 1.1)
