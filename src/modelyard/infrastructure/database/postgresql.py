"""PostgreSQL: point reads, longer reads, changes and sweeps, each in threads of their own over a pool."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

import psycopg
from sqlalchemy import Connection

from modelyard.application.ports.clock import Clock
from modelyard.application.ports.database import Transaction
from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database import migrate
from modelyard.infrastructure.database.ears import Ear, Ears
from modelyard.infrastructure.database.lanes import Job, Lane
from modelyard.infrastructure.database.locks import number_of
from modelyard.infrastructure.database.moments import from_ms
from modelyard.infrastructure.database.postgresql_announcer import PostgresqlAnnouncer
from modelyard.infrastructure.database.postgresql_engine import Driver, connect, create_postgresql_engine, psycopg_of
from modelyard.infrastructure.database.postgresql_faults import CommitInDoubt, is_disconnected, meaning_of
from modelyard.infrastructure.database.postgresql_listener import PostgresqlListener
from modelyard.infrastructure.database.postgresql_loop import LoopReads
from modelyard.infrastructure.database.postgresql_state import PostgresqlState
from modelyard.infrastructure.database.snapshots import ReadingConnection, Snapshots
from modelyard.infrastructure.database.transaction import SqlTransaction

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

DEFAULT_POOL_SIZE = 5

_READING = {
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "repeatable\\ read",
    "idle_in_transaction_session_timeout": "60s",
}
SCANNING = {
    **_READING,
    "jit": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
}
"""Searches are written so that each row is found by an index; statistics of tags and metrics mislead the planner."""

_WRITING = {"idle_in_transaction_session_timeout": "60s", "synchronous_commit": "on"}


class DatabaseClock:
    """`Clock` by the database's time, which all servers on it share."""

    def __init__(self, connection: Connection) -> None:
        self._driver = psycopg_of(connection)

    def now(self) -> datetime:
        """The moment at which it is asked, not that of the transaction's begin: it may have waited for a lock since."""
        cursor = psycopg.Cursor(self._driver)  # a plain one: it is no part of what a query reads
        row = cursor.execute("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint").fetchone()
        return from_ms(row[0] if row else 0)


class PostgresqlDatabase:
    """`Database` on PostgreSQL, shared by any number of processes.

    Args:
        url: Its address, as libpq reads it.
        clock: What stands for the database's own time, if anything does.
        pool_size: Connections for point reads, and as many for changes; half as many for longer reads, one for sweeps.
        limit_seconds: How long a point read or a change may take, waiting included; others may take longer.
    """

    def __init__(
        self,
        url: str,
        clock: Clock | None = None,
        *,
        pool_size: int = DEFAULT_POOL_SIZE,
        limit_seconds: float = 15.0,
    ) -> None:
        self._url = url
        self._clock = clock
        self._snapshots = Snapshots()
        self._ears = Ears()
        self._listener = PostgresqlListener(url, self._ears)
        self._announcer = PostgresqlAnnouncer(url)
        self._state = PostgresqlState(url)
        self._is_open = False

        def lane(name: str, size: int, factor: float, session: dict[str, str], kind: type[Driver]) -> Lane:
            limit = limit_seconds * factor
            session = {**session, **_bounds(limit, limit_seconds)}
            engine = create_postgresql_engine(url, size=size, session=session, kind=kind)
            return Lane(name, engine, threads=size, limit_seconds=limit)

        self._reads = lane("read", pool_size, 1, _READING, ReadingConnection)
        self._scans = lane("scan", max(1, pool_size // 2), 4, SCANNING, ReadingConnection)
        self._writes = lane("write", pool_size, 1, _WRITING, psycopg.Connection)
        self._sweeps = lane("sweep", 1, 60, _WRITING, psycopg.Connection)
        self._loop_reads = LoopReads(url, {**_READING, **_bounds(limit_seconds, limit_seconds)}, self._writes.dialect)

    async def open(self) -> None:
        """Connect once, to find a wrong address or schema now; the schema is never changed here.

        Raises:
            DatabaseUnavailable: the database does not answer, or its schema is older or newer than this release's.
        """
        await self._writes.run(migrate.require_current)
        self._is_open = True

    async def close(self) -> None:
        """Refuse what comes now, let end what was taken before, and disconnect."""
        self._is_open = False
        await self._listener.stop()
        await self._state.close()
        await self._loop_reads.close()
        for lane in (self._reads, self._scans, self._writes, self._sweeps):
            await asyncio.to_thread(lane.close)
        await self._announcer.close()

    async def check(self) -> None:
        """A read, and a change that locks what no other one asks for; neither changes anything."""
        await self.read(_look)
        await self.write(_look)

    async def state(self) -> object | None:
        """By a round trip that all share who ask at the same time."""
        self._open(self._reads)
        return await self._state.now()

    async def read(self, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """In one snapshot; with one statement it is one round trip, and mostly on the event loop."""
        lane = self._open(self._reads)
        key = getattr(query, "__code__", None)
        if not self._snapshots.has_several(key):
            answered = await self._loop_reads.read(lambda tx: query(tx, *args, **kwargs), key)
            if answered is not None:
                return answered.result
        return await lane.run(self._reading(query, *args, **kwargs))

    async def scan(self, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `read`, on connections of its own, so that no point read waits for it."""
        return await self._open(self._scans).run(self._reading(query, *args, **kwargs))

    async def write(self, use_case: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """In READ COMMITTED, with the locks that repositories take."""
        return await self._change(self._writes, self._writing(use_case, *args, **kwargs))

    async def sweep(self, use_case: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `write`, one at a time, and it may take minutes."""
        return await self._change(self._sweeps, self._writing(use_case, *args, **kwargs))

    @asynccontextmanager
    async def leading(self, task: str) -> AsyncIterator[bool]:
        """By a lock of a session of its own: the server gives it up when the connection or the process ends."""
        connecting = asyncio.ensure_future(asyncio.to_thread(self._connect_apart))
        try:
            session = await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(_close_unwanted)
            raise
        try:
            yield await asyncio.to_thread(_try_lock, session, number_of(f"leading/{task}"))
        finally:
            await asyncio.to_thread(_let_go, session)

    @asynccontextmanager
    async def listening(self, topic: str) -> AsyncIterator[Ear]:
        """By a connection that all listeners of this process share."""
        self._open(self._reads)
        await self._announcer.told()  # else it would hear what this process said before
        await self._listener.start()
        with self._ears.open(topic) as ear:
            yield ear

    def _connect_apart(self) -> Driver:
        self._open(self._writes)
        try:
            return connect(self._url)
        except psycopg.Error as error:
            raise meaning_of(error) from error

    def _open(self, lane: Lane) -> Lane:
        if not self._is_open:
            raise DatabaseUnavailable("the database is closed")
        return lane

    def _begin(self, connection: Connection) -> SqlTransaction:
        return SqlTransaction(connection, self._clock or DatabaseClock(connection))

    def _reading(self, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> Job[R]:
        key = getattr(query, "__code__", None)

        def job(connection: Connection) -> R:
            return self._snapshots.run(connection, key, lambda: query(self._begin(connection), *args, **kwargs))

        return job

    async def _change(self, lane: Lane, job: Job[tuple[R, set[str]]]) -> R:
        result, announced = await self._open(lane).run(job)
        self._announcer.announce(announced)
        return result

    def _writing(
        self, use_case: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> Job[tuple[R, set[str]]]:
        """The change as a job, which gives back what is to be announced beside its result."""

        def job(connection: Connection) -> tuple[R, set[str]]:
            driver = psycopg_of(connection)
            driver.execute("BEGIN")
            tx = self._begin(connection)
            result = use_case(tx, *args, **kwargs)
            _commit(driver)
            return result, tx.announced

        return job


def _bounds(limit_seconds: float, limit_seconds_of_points: float) -> dict[str, str]:
    """The server gives up before its caller does; nobody waits longer for a lock than a short change may take."""
    return {
        "statement_timeout": f"{limit_seconds * 0.6:.3f}s",
        "lock_timeout": f"{limit_seconds_of_points * 0.4:.3f}s",
    }


def _commit(driver: Driver) -> None:
    """Commit, or raise: COMMIT of a transaction in which a statement failed rolls it back, and says so in passing."""
    try:
        outcome = driver.execute("COMMIT").statusmessage
    except psycopg.Error as error:
        if is_disconnected(driver, error):
            raise CommitInDoubt from error
        raise
    if outcome != "COMMIT":
        raise RuntimeError("a use case went on after a statement of it had failed; nothing of it was kept")


def _close_unwanted(connecting: asyncio.Future[Driver]) -> None:
    """Close the session that nobody waits for any more; where there is none, nobody asks why."""
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()


def _try_lock(session: Driver, lock: int) -> bool:
    row = session.execute("SELECT pg_try_advisory_lock(%s::bigint)", (lock,)).fetchone()
    return bool(row and row[0])


def _let_go(session: Driver) -> None:
    """Unlock before the connection is closed: the server notices its end a little later."""
    try:
        session.execute("SELECT pg_advisory_unlock_all()")
    except psycopg.Error as error:
        logger.warning("the connection of a leader was lost, and its lock with it: %s", error)
    finally:
        session.close()


def _look(tx: Transaction) -> None:
    """What `check` runs: one row by its key, which is not there."""
    tx.answers.find("", "", at=tx.now)
