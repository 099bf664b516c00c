"""The one thread that writes to SQLite, committing several waiting use cases together."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database.engines import DriverConnection, driver_of
from modelyard.infrastructure.database.faults import meaning_of
from modelyard.infrastructure.database.transaction import SqlTransaction

R = TypeVar("R")

MAX_TOGETHER = 64
MAX_WAITING = 10_000


@dataclass(slots=True, eq=False)
class _Job:
    use_case: Callable[[SqlTransaction], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    result: Any = field(default=None)
    error: BaseException | None = field(default=None)


class _TransactionLost(Exception):
    """The database gave up the whole transaction, so what others did in it is gone as well."""


class _NotBegun(Exception):
    """No transaction could be begun, for whatever use case."""


class GroupWriter:
    """Runs use cases one after the other, each in its savepoint, and up to 64 of them in one transaction.

    One commit is one fsync, and it answers every use case in it. A use case that raises undoes its own savepoint alone.
    When the whole transaction is lost (a full disk, a failed commit), each of its use cases is run again by itself, so
    that none fails for another's sake. When none can be begun (a lock of another process), all that wait by then fail
    at once: they would wait for the same lock one after the other.
    """

    def __init__(self, connect: Callable[[], SqlTransaction]) -> None:
        self._connect = connect
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._gate = threading.Lock()
        self._is_open = False
        self._is_done = False

    def open(self) -> None:
        """Connect, and start the thread."""
        tx = self._connect()
        self._thread = threading.Thread(target=self._run, args=(tx,), name="modelyard-writer", daemon=True)
        self._is_open = True
        self._thread.start()

    def close(self) -> None:
        """Let what waits be done, then end the thread."""
        with self._gate:
            was_open, self._is_open = self._is_open, False
            if was_open:
                self._jobs.put(None)
        if self._thread is not None:
            self._thread.join()

    async def run(self, use_case: Callable[[SqlTransaction], R]) -> R:
        """Run a use case; when this returns, its changes are durable.

        Raises:
            DatabaseUnavailable: too many are waiting, or the writer is closed.
        """
        loop = asyncio.get_running_loop()
        job = _Job(use_case, loop, loop.create_future())
        with self._gate:
            if not self._is_open:
                raise DatabaseUnavailable("the database is closed")
            if self._jobs.qsize() >= MAX_WAITING:
                raise DatabaseUnavailable("too many changes are waiting to be written")
            self._jobs.put(job)
        result: R = await job.answer
        return result

    def _run(self, tx: SqlTransaction) -> None:
        while batch := self._gather():
            self._write(tx, batch)
        tx.connection.close()

    def _gather(self) -> list[_Job]:
        """Wait for a use case, and take what else is waiting; nothing comes after the end."""
        batch: list[_Job] = []
        while not self._is_done and len(batch) < MAX_TOGETHER and not (batch and self._jobs.empty()):
            job = self._jobs.get()
            if job is None:
                self._is_done = True
            else:
                batch.append(job)
        return batch

    def _write(self, tx: SqlTransaction, batch: list[_Job]) -> None:
        try:
            _commit_together(tx, batch)
        except _NotBegun as refusal:
            while not self._jobs.empty():
                batch += self._gather()
            _fail(batch, refusal)
        except Exception as error:  # noqa: BLE001 - whatever it is, each caller must get an answer
            if len(batch) > 1:
                for job in batch:
                    self._write(tx, [job])
                return
            _fail(batch, error)
        for loop in {job.loop for job in batch}:
            with suppress(RuntimeError):  # the loop was closed, so nobody waits there any more
                loop.call_soon_threadsafe(_answer, [job for job in batch if job.loop is loop])


def _commit_together(tx: SqlTransaction, batch: Sequence[_Job]) -> None:
    driver = driver_of(tx.connection)
    try:
        driver.execute("BEGIN IMMEDIATE")
    except Exception as error:
        raise _NotBegun from error
    try:
        for job in batch:
            _run_in_savepoint(tx, driver, job)
        driver.execute("COMMIT")
    finally:
        if driver.in_transaction:
            driver.execute("ROLLBACK")


def _run_in_savepoint(tx: SqlTransaction, driver: DriverConnection, job: _Job) -> None:
    job.error = None
    driver.execute("SAVEPOINT use_case")
    tx.restart()
    try:
        job.result = job.use_case(tx)
    except BaseException as error:
        if not driver.in_transaction:
            raise _TransactionLost from error
        driver.execute("ROLLBACK TO use_case")
        job.error = meaning_of(error)
    driver.execute("RELEASE use_case")


def _fail(batch: Sequence[_Job], error: Exception) -> None:
    cause = error.__cause__ if isinstance(error, _TransactionLost | _NotBegun) else error
    meaning = meaning_of(cause or error)
    for job in batch:
        job.error = meaning


def _answer(batch: Sequence[_Job]) -> None:
    for job in batch:
        if job.answer.done():
            continue
        if job.error is None:
            job.answer.set_result(job.result)
        elif isinstance(job.error, StopIteration):  # no future takes it
            job.answer.set_exception(RuntimeError("a use case raised StopIteration"))
        else:
            job.answer.set_exception(job.error)
