"""SQLite: short reads and changes on the event loop, longer ones in threads, and one commit for many changes."""

import asyncio
import errno
import fcntl
import os
import queue
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from modelyard.application.ports.clock import Clock
from modelyard.application.ports.database import Transaction
from modelyard.domain.errors import DatabaseUnavailable, StorageFull
from modelyard.infrastructure.database import migrate
from modelyard.infrastructure.database.ears import Ear, Ears
from modelyard.infrastructure.database.engines import BUSY_TIMEOUT_MS, create_database_engine, driver_of
from modelyard.infrastructure.database.faults import meaning_of
from modelyard.infrastructure.database.transaction import SqlTransaction
from modelyard.infrastructure.database.writer import GroupWriter

P = ParamSpec("P")
R = TypeVar("R")

SCANNERS = 4


class SqliteDatabase:
    """`Database` on one SQLite file, served by one process."""

    def __init__(self, url: str, clock: Clock, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
        self._url = url
        self._clock = clock
        self._engine = create_database_engine(url, busy_timeout_ms=busy_timeout_ms)
        self._ears = Ears()
        self._writer = GroupWriter(self._connect, busy_timeout_ms=busy_timeout_ms, announce=self._ears.ring)
        self._scanners = ThreadPoolExecutor(SCANNERS, thread_name_prefix="modelyard-scan")
        self._idle: queue.SimpleQueue[SqlTransaction] = queue.SimpleQueue()
        self._reader: SqlTransaction | None = None

    async def open(self) -> None:
        """Migrate where it is due, then connect: one reader for the loop, some for the scanners, and the writer."""
        await asyncio.get_running_loop().run_in_executor(self._scanners, self._prepare)

    def _prepare(self) -> None:
        with _failures_told():
            migrate.upgrade(self._url)
            for _ in range(SCANNERS):
                self._idle.put(self._connect_to_read())
            self._writer.open()
            self._reader = self._connect_to_read()

    async def close(self) -> None:
        """Refuse what comes now, let end what was taken before, and disconnect."""
        reader, self._reader = self._reader, None
        await self._writer.close()
        await asyncio.to_thread(self._scanners.shutdown)
        if reader is not None:
            reader.connection.close()
        while not self._idle.empty():
            self._idle.get().connection.close()

    async def check(self) -> None:
        """A read looks into the file, and a write takes its lock; neither changes anything."""
        await self.read(_look)
        await self.write(_look)

    async def state(self) -> object:
        """What SQLite counts up when another connection commits; the reader itself never does."""
        driver = driver_of(self._open_reader().connection)
        with _failures_told():
            return driver.execute("PRAGMA data_version").fetchone()

    async def read(self, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """On the event loop: handing it to a thread costs three times as much as the query."""
        return _in_snapshot(self._open_reader(), query, *args, **kwargs)

    async def scan(self, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """In one of a few threads, each with its own connection."""
        self._open_reader()
        return await asyncio.get_running_loop().run_in_executor(
            self._scanners, self._scan, lambda tx: query(tx, *args, **kwargs)
        )

    async def write(self, use_case: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """On the event loop, with others in one commit, which waits for the disk in a thread."""
        return await self._writer.run(lambda tx: use_case(tx, *args, **kwargs))

    async def sweep(self, use_case: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """In the writer's thread, with others in one commit."""
        return await self._writer.run(lambda tx: use_case(tx, *args, **kwargs), is_sweep=True)

    @asynccontextmanager
    async def listening(self, topic: str) -> AsyncIterator[Ear]:
        """Within this process: there is no other one on the database."""
        with self._ears.open(topic) as ear:
            yield ear

    @asynccontextmanager
    async def leading(self, task: str) -> AsyncIterator[bool]:
        """By a lock of the kernel on a file beside the database: a command beside the server leads too."""
        path = f"{self._url.removeprefix('sqlite:///')}-{task}.lock"
        with _file_failures_told(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with _file_failures_told(path):
                is_leading = _is_locked(descriptor)
            yield is_leading
        finally:
            os.close(descriptor)

    def _scan(self, query: Callable[[Transaction], R]) -> R:
        tx = self._idle.get()
        try:
            return _in_snapshot(tx, query)
        finally:
            self._idle.put(tx)

    def _open_reader(self) -> SqlTransaction:
        if self._reader is None:
            raise DatabaseUnavailable("the database is closed")
        return self._reader

    def _connect(self) -> SqlTransaction:
        return SqlTransaction(self._engine.connect(), self._clock)

    def _connect_to_read(self) -> SqlTransaction:
        """A query that writes by mistake fails, rather than commit outside of the writer."""
        tx = self._connect()
        driver_of(tx.connection).execute("PRAGMA query_only = ON")
        return tx


def _in_snapshot(
    tx: SqlTransaction, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Run a query between BEGIN and COMMIT, so that all its statements see one state."""
    driver = driver_of(tx.connection)
    tx.restart()
    with _failures_told():
        try:
            driver.execute("BEGIN")
            return query(tx, *args, **kwargs)
        finally:
            if driver.in_transaction:
                driver.execute("COMMIT")


@contextmanager
def _file_failures_told(path: str) -> Iterator[None]:
    """Raise the registry's error for a lock file that the file system refuses."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull(f"there is no space for the lock file {path}") from error
        raise DatabaseUnavailable(f"the lock file {path} cannot be used: {error.strerror}") from error


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        meaning = meaning_of(error)
        if meaning is error:
            raise
        raise meaning from error


def _look(tx: Transaction) -> None:
    """What `check` runs: one row by its key, which is not there."""
    tx.answers.find("", "", at=tx.now)
