"""Lanes to PostgreSQL: threads, each with a connection of a pool, and one bound on the time of every call."""

import asyncio
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import psycopg
from sqlalchemy import Connection, Dialect, Engine

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database.postgresql_engine import Driver, hang_up, psycopg_of
from modelyard.infrastructure.database.postgresql_faults import (
    CommitInDoubt,
    driver_error,
    is_disconnected,
    is_worth_again,
    meaning_of,
)

R = TypeVar("R")

ATTEMPTS = 8
"""How often a function is run, at most, when others stand in its way."""

_FIRST_PAUSE_SECONDS = 0.005

Job = Callable[[Connection], R]
"""What is done on a connection. It may be done again from its beginning, on another one."""


class Lane:
    """Runs jobs beside the event loop, as many at a time as it has connections.

    A call that has waited and run for `limit_seconds` is given up, whatever the reason: a server that hangs without
    closing its connections answers no timeout of its own.
    """

    def __init__(self, name: str, engine: Engine, *, threads: int, limit_seconds: float) -> None:
        self._engine = engine
        self._size = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"modelyard-{name}")
        self._limit_seconds = limit_seconds

    @property
    def dialect(self) -> Dialect:
        """What statements are compiled for."""
        return self._engine.dialect

    async def run(self, job: Job[R]) -> R:
        """Do a job.

        Raises:
            DatabaseUnavailable, StorageFull: the database cannot do it, or not in time.
        """
        call = _Call(self._engine, job, reconnects=self._size)
        patience = asyncio.timeout(self._limit_seconds)
        try:
            async with patience:
                return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except TimeoutError as error:
            if not patience.expired():
                raise
            call.cut()
            raise DatabaseUnavailable(f"the database did not answer in {self._limit_seconds:g} seconds") from error

    def close(self) -> None:
        """Let the jobs end that were taken, then disconnect."""
        self._threads.shutdown()
        self._engine.dispose()


class _Call(Generic[R]):
    """One job on its way, which another thread may cut off.

    Each connection that has broken leaves the pool, and all that lie there may have: `reconnects` is how many.
    """

    def __init__(self, engine: Engine, job: Job[R], *, reconnects: int) -> None:
        self._engine = engine
        self._job = job
        self._reconnects = reconnects
        self._gate = threading.Lock()
        self._in_use: Driver | None = None
        self._is_cut = False

    def __call__(self) -> R:
        attempt = 1
        while True:
            try:
                return self._attempt()
            except StopIteration as error:
                raise RuntimeError("a function of the database raised StopIteration") from error
            except _Disconnected as lost:
                if not self._reconnects or self._is_cut:
                    raise _meaning_of(lost.cause) from lost.cause
                self._reconnects -= 1
            except Exception as error:
                if attempt == ATTEMPTS or self._is_cut or not is_worth_again(error):
                    meaning = meaning_of(error)
                    if meaning is error:
                        raise
                    raise meaning from error
                time.sleep(random.uniform(0, _FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311 - so that they part
                attempt += 1

    def _attempt(self) -> R:
        with self._engine.connect() as connection:
            driver = psycopg_of(connection)
            self._use(driver)
            try:
                return self._job(connection)
            except CommitInDoubt:
                raise
            except Exception as error:
                if is_disconnected(driver, error):
                    raise _Disconnected(error) from error
                raise
            finally:
                self._use(None)
                _leave(connection, driver)

    def _use(self, driver: Driver | None) -> None:
        with self._gate:
            self._in_use = driver
            if self._is_cut and driver is not None:
                _hang_up(driver)

    def cut(self) -> None:
        """End the connection under the job, which then fails and frees its thread."""
        with self._gate:
            self._is_cut = True
            if self._in_use is not None:
                _hang_up(self._in_use)


class _Disconnected(Exception):
    """The connection broke before a commit: nothing was done, and another connection may do it."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _meaning_of(error: Exception) -> BaseException:
    """Whatever came of a broken connection, the database was not there."""
    meaning = meaning_of(error)
    return meaning if meaning is not error or driver_error(error) is None else DatabaseUnavailable("it went away")


def _leave(connection: Connection, driver: Driver) -> None:
    """End what the job left open; a connection that cannot do that is not given to another."""
    try:
        if driver.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            driver.rollback()
    except psycopg.Error:
        driver.close()
    if driver.closed:
        connection.invalidate()


def _hang_up(driver: Driver) -> None:
    if not driver.closed:
        hang_up(driver.fileno())
