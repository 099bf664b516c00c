"""Keeping the collector from deleting what somebody is about to copy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from modelyard.application.ports.database import Database
from modelyard.application.services.collection import TASK

_PAUSE_SECONDS = 0.5


@asynccontextmanager
async def collector_held_off(database: Database) -> AsyncIterator[None]:
    """No blob that is there when the block begins is deleted before it ends; a cycle under way is waited for.

    Whoever holds it leads the collector's task and does nothing with it, so a crash leaves nothing behind.
    """
    while True:
        async with database.leading(TASK) as is_leading:
            if is_leading:
                yield
                return
        await asyncio.sleep(_PAUSE_SECONDS)
