"""The one thread that writes to SQLite, committing several waiting use cases together."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database.faults import meaning_of
from modelyard.infrastructure.database.transaction import SqlTransaction

MAX_TOGETHER = 64
MAX_WAITING = 10_000

UseCase = Callable[[SqlTransaction], Any]


@dataclass(slots=True, eq=False)
class _Job:
    use_case: UseCase
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    result: Any = field(default=None)
    error: Exception | None = field(default=None)


class _TransactionLost(Exception):
    """The database gave up the whole transaction, so what others did in it is gone as well."""


class GroupWriter:
    """Runs use cases one after the other, each in its savepoint, and up to 64 of them in one transaction.

    One commit is one fsync, and it answers every use case in it. A use case that raises undoes its own savepoint alone.
    When the whole transaction is lost (a full disk, a failed commit), each of its use cases is run again by itself, so
    that none fails for another's sake.
    """

    def __init__(self, connect: Callable[[], SqlTransaction]) -> None:
        self._connect = connect
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="modelyard-writer", daemon=True)
        self._is_open = False

    def open(self) -> None:
        """Start the thread."""
        self._is_open = True
        self._thread.start()

    def close(self) -> None:
        """Let what waits be done, then end the thread."""
        if self._is_open:
            self._is_open = False
            self._jobs.put(None)
            self._thread.join()

    async def run(self, use_case: UseCase) -> Any:
        """Run a use case; when this returns, its changes are durable.

        Raises:
            DatabaseUnavailable: too many are waiting, or the writer is closed.
        """
        if not self._is_open or self._jobs.qsize() >= MAX_WAITING:
            raise DatabaseUnavailable("too many changes are waiting to be written")
        loop = asyncio.get_running_loop()
        job = _Job(use_case, loop, loop.create_future())
        self._jobs.put(job)
        return await job.answer

    def _run(self) -> None:
        tx = self._connect()
        while (job := self._jobs.get()) is not None:
            batch = [job]
            is_last = self._gather(batch)
            self._write(tx, batch)
            if is_last:
                break
        tx.connection.close()

    def _gather(self, batch: list[_Job]) -> bool:
        """Add what is waiting already; true when the end was among it."""
        while len(batch) < MAX_TOGETHER and not self._jobs.empty():
            job = self._jobs.get()
            if job is None:
                return True
            batch.append(job)
        return False

    def _write(self, tx: SqlTransaction, batch: Sequence[_Job]) -> None:
        try:
            _commit_together(tx, batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, each caller must get an answer
            if len(batch) == 1:
                batch[0].error = _cause_of(error)
            else:
                for job in batch:
                    self._write(tx, [job])
                return
        for loop in {job.loop for job in batch}:
            loop.call_soon_threadsafe(_answer, [job for job in batch if job.loop is loop])


def _commit_together(tx: SqlTransaction, batch: Sequence[_Job]) -> None:
    driver = tx.connection.connection.driver_connection
    assert driver is not None
    try:
        driver.execute("BEGIN IMMEDIATE")
        for job in batch:
            _run_in_savepoint(tx, driver, job)
        driver.execute("COMMIT")
    finally:
        if driver.in_transaction:
            driver.execute("ROLLBACK")


def _run_in_savepoint(tx: SqlTransaction, driver: Any, job: _Job) -> None:
    job.error = None
    driver.execute("SAVEPOINT use_case")
    tx.restart()
    try:
        job.result = job.use_case(tx)
    except Exception as error:  # noqa: BLE001 - it is the caller's, and is raised there
        if not driver.in_transaction:
            raise _TransactionLost from error
        driver.execute("ROLLBACK TO use_case")
        job.error = meaning_of(error)
    driver.execute("RELEASE use_case")


def _cause_of(error: Exception) -> Exception:
    return meaning_of(error.__cause__ if isinstance(error.__cause__, Exception) else error)


def _answer(batch: Sequence[_Job]) -> None:
    for job in batch:
        if job.answer.done():
            continue
        if job.error is None:
            job.answer.set_result(job.result)
        else:
            job.answer.set_exception(job.error)
