"""Hearing what any process on the same PostgreSQL announces."""

import asyncio
import logging
from contextlib import suppress

import psycopg

from modelyard.application.tasks import end_tasks
from modelyard.infrastructure.database.ears import Ears
from modelyard.infrastructure.database.postgresql_engine import CONNECT_TIMEOUT_SECONDS, connect_on_loop

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0


class PostgresqlListener:
    """One connection that listens for all topics of this process, made when first needed and again when it breaks.

    After each new connection everybody is woken, since what was announced in between is lost.
    """

    def __init__(self, url: str, ears: Ears) -> None:
        self._url = url
        self._ears = ears
        self._task: asyncio.Task[None] | None = None
        self._is_listening = asyncio.Event()

    async def start(self) -> None:
        """Return when announcements are heard; or, where the database does not answer, after a while."""
        if self._task is None:
            self._task = asyncio.create_task(self._listen_always())
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
                await self._is_listening.wait()

    async def stop(self) -> None:
        """Disconnect. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            await end_tasks(task)

    async def _listen_always(self) -> None:
        while True:
            try:
                await self._listen()
            except psycopg.Error as error:
                logger.warning("announcements are not heard until the database is back: %s", error)
            self._is_listening.clear()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _listen(self) -> None:
        async with await connect_on_loop(self._url) as connection:
            await connection.execute("LISTEN modelyard")
            self._ears.ring_all()
            self._is_listening.set()
            async for notification in connection.notifies():
                self._ears.ring([notification.payload])
