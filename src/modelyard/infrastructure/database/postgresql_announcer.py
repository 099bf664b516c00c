"""Telling other processes on the same PostgreSQL that something was committed."""

import asyncio
import logging
from collections.abc import Set

import psycopg
from psycopg.rows import TupleRow

from modelyard.infrastructure.database.postgresql_engine import connect_on_loop, hang_up

logger = logging.getLogger(__name__)

_ANNOUNCE = "SELECT pg_notify('modelyard', topic) FROM unnest(%s::text[]) AS topic"
_REST_SECONDS = 0.05
_PATIENCE_SECONDS = 5.0


class PostgresqlAnnouncer:
    """Announces after the commit, what has gathered in a twentieth of a second at once, on a connection of its own.

    PostgreSQL lets transactions that notify commit one after the other, each with its wait for the disk; so changes
    do not do it themselves. What is not told, since the process or the connection ends, is found by who looks by
    itself from time to time.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._due: set[str] = set()
        self._is_closed = False
        self._task: asyncio.Task[None] | None = None
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None

    def announce(self, topics: Set[str]) -> None:
        """See to it that they are told soon; after `close` nothing is."""
        self._due |= topics
        if self._due and not self._is_closed and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._tell_all())

    async def told(self) -> None:
        """Return when nothing waits to be told."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def close(self) -> None:
        """Tell the rest, then disconnect."""
        await self.told()
        self._is_closed = True
        await self._disconnect()

    async def _tell_all(self) -> None:
        while self._due:
            topics, self._due = self._due, set()
            patience = asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, self._hang_up)
            try:
                await self._tell(topics)
            except psycopg.Error as error:
                logger.warning("changes could not be announced to other processes: %s", error)
            finally:
                patience.cancel()
            await asyncio.sleep(_REST_SECONDS)

    async def _tell(self, topics: set[str]) -> None:
        if self._connection is not None:
            try:
                await self._connection.execute(_ANNOUNCE, [sorted(topics)])
            except psycopg.Error as error:
                logger.info("the connection for announcements is made again: %s", error)
                await self._disconnect()
            else:
                return
        connection = await connect_on_loop(self._url)
        self._connection = connection
        await connection.execute("SET synchronous_commit = off")  # nothing is kept that a disk could lose
        await connection.execute(_ANNOUNCE, [sorted(topics)])

    def _hang_up(self) -> None:
        """Who waits for an answer sees the end of the connection; a server that stands still gives none."""
        if self._connection is not None and not self._connection.closed:
            hang_up(self._connection.fileno())

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
