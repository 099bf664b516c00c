"""Ending tasks that run beside others."""

import asyncio
from typing import Any


async def end_tasks(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel tasks, and return when they have ended; the first failure of one of them is raised.

    Whoever is cancelled while they end still is, as soon as they have. `suppress(CancelledError)` around `await task`
    would take that for the end of the task, and whoever was to end would go on for ever.
    """
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
