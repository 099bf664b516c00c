"""SQLite: point reads on the event loop, longer ones in a few threads, all writes in one."""

import asyncio
import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from modelyard.application.ports.clock import Clock
from modelyard.application.ports.database import Transaction
from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database import migrate
from modelyard.infrastructure.database.engines import create_database_engine
from modelyard.infrastructure.database.faults import meaning_of
from modelyard.infrastructure.database.transaction import SqlTransaction
from modelyard.infrastructure.database.writer import GroupWriter

P = ParamSpec("P")
R = TypeVar("R")

SCANNERS = 4


class SqliteDatabase:
    """`Database` on one SQLite file, served by one process."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._engine = create_database_engine(self._url)
        self._writer = GroupWriter(self._connect)
        self._scanners = ThreadPoolExecutor(SCANNERS, thread_name_prefix="modelyard-scan")
        self._idle: queue.SimpleQueue[SqlTransaction] = queue.SimpleQueue()
        self._reader: SqlTransaction | None = None

    async def open(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._scanners, self._prepare)

    def _prepare(self) -> None:
        migrate.upgrade(self._url)
        self._reader = self._connect()
        for _ in range(SCANNERS):
            self._idle.put(self._connect())
        self._writer.open()

    async def close(self) -> None:
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._scanners.shutdown)
        if self._reader is not None:
            self._reader.connection.close()
            self._reader = None
        while not self._idle.empty():
            self._idle.get().connection.close()

    async def check(self) -> None:
        await self.read(_nothing)
        await self.write(_nothing)

    async def read(self, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        if self._reader is None:
            raise DatabaseUnavailable("the database is closed")
        return _in_snapshot(self._reader, query, *args, **kwargs)

    async def scan(self, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(
            self._scanners, self._scan, lambda tx: query(tx, *args, **kwargs)
        )

    async def write(self, use_case: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        result: R = await self._writer.run(lambda tx: use_case(tx, *args, **kwargs))
        return result

    def _scan(self, query: Callable[[Transaction], R]) -> R:
        tx = self._idle.get()
        try:
            return _in_snapshot(tx, query)
        finally:
            self._idle.put(tx)

    def _connect(self) -> SqlTransaction:
        connection: Connection = self._engine.connect()
        return SqlTransaction(connection, self._clock)


def _in_snapshot(tx: SqlTransaction, query: Callable[..., R], *args: Any, **kwargs: Any) -> R:
    """Run a query between BEGIN and COMMIT, so that all its statements see one state."""
    connection: Any = tx.connection.connection.driver_connection
    tx.restart()
    try:
        connection.execute("BEGIN")
        return query(tx, *args, **kwargs)
    except Exception as error:
        meaning = meaning_of(error)
        if meaning is error:
            raise
        raise meaning from error
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")


def _nothing(_: Transaction) -> None:
    """What `check` runs: a transaction opens and commits, and the writer answers."""
