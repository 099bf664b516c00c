"""The one writer to SQLite, which commits several waiting use cases together."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database.engines import DriverConnection, driver_of, is_busy
from modelyard.infrastructure.database.faults import meaning_of
from modelyard.infrastructure.database.transaction import SqlTransaction

R = TypeVar("R")

MAX_TOGETHER = 64
MAX_WAITING = 10_000
_BREATH = 4
"""How many use cases run one after the other before the event loop may do something else."""
_POLL_SECONDS = 0.005
"""How often a lock is tried that another process holds; SQLite has no queue for it."""


@dataclass(slots=True, eq=False)
class _Job:
    use_case: Callable[[SqlTransaction], Any]
    answer: asyncio.Future[Any]
    is_sweep: bool
    announced: Set[str] = frozenset()
    result: Any = field(default=None)
    error: BaseException | None = field(default=None)


class _TransactionLost(Exception):
    """The database gave up the whole transaction, so what others did in it is gone as well."""


class _NotBegun(Exception):
    """No transaction could be begun, for whatever use case."""


class GroupWriter:
    """Runs use cases one after the other, each in its savepoint, and up to 64 of them in one transaction.

    Short ones run on the event loop: handing each statement's turn between two threads costs as much as the statement.
    Sweeps, and every commit, run in a thread: they wait for the disk. One commit is one fsync, and it answers every use
    case in it. A use case that raises undoes its own savepoint alone. When the whole transaction is lost (a full disk,
    a failed commit), each of its use cases is run again by itself, so that none fails for another's sake. When none can
    be begun (a lock of another process), all that wait by then fail at once: they would wait for the same lock one
    after the other. What a use case announces is told after the commit, whether its caller still waits or not.

    It belongs to the event loop that first runs something.
    """

    def __init__(
        self, connect: Callable[[], SqlTransaction], *, busy_timeout_ms: int, announce: Callable[[Set[str]], None]
    ) -> None:
        self._connect = connect
        self._announce = announce
        self._patience_seconds = busy_timeout_ms / 1000
        self._waiting: deque[_Job] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="modelyard-writer")
        self._tx: SqlTransaction | None = None
        self._work: asyncio.Task[None] | None = None
        self._is_open = False

    def open(self) -> None:
        """Connect. The connection itself waits for no lock, since it would do so on the event loop."""
        self._tx = self._connect()
        driver_of(self._tx.connection).execute("PRAGMA busy_timeout = 0")
        self._is_open = True

    async def close(self) -> None:
        """Refuse what comes now, let what waits be done, then disconnect."""
        self._is_open = False
        if self._work is not None:
            await self._work
        self._thread.shutdown()
        if self._tx is not None:
            self._tx.connection.close()

    async def run(self, use_case: Callable[[SqlTransaction], R], *, is_sweep: bool = False) -> R:
        """Run a use case; when this returns, its changes are durable. A caller who stops waiting does not stop it.

        Raises:
            DatabaseUnavailable: too many are waiting, or the writer is closed.
        """
        if self._tx is None or not self._is_open:
            raise DatabaseUnavailable("the database is closed")
        if len(self._waiting) >= MAX_WAITING:
            raise DatabaseUnavailable("too many changes are waiting to be written")
        loop = asyncio.get_running_loop()
        job = _Job(use_case, loop.create_future(), is_sweep)
        self._waiting.append(job)
        if self._work is None or self._work.done():
            self._work = loop.create_task(self._work_off(self._tx))
        result: R = await job.answer
        return result

    async def _work_off(self, tx: SqlTransaction) -> None:
        while self._waiting:
            await self._write(tx, self._waiting)

    async def _write(self, tx: SqlTransaction, jobs: deque[_Job]) -> None:
        """Commit what can be committed together of the jobs, and answer it."""
        batch: list[_Job] = []
        try:
            await self._commit_together(tx, jobs, batch)
        except _NotBegun as refusal:
            batch.extend(jobs)
            jobs.clear()
            _fail(batch, refusal)
        except Exception as error:  # noqa: BLE001 - whatever it is, each caller must get an answer
            if len(batch) > 1:
                for job in batch:
                    await self._write(tx, deque([job]))
                return
            _fail(batch, error)
        for job in batch:
            self._announce(job.announced)
            _answer(job)

    async def _commit_together(self, tx: SqlTransaction, jobs: deque[_Job], batch: list[_Job]) -> None:
        driver = driver_of(tx.connection)
        await self._begin(driver)
        try:
            while jobs and len(batch) < MAX_TOGETHER:
                job = jobs.popleft()
                batch.append(job)
                if job.is_sweep:
                    await self._in_thread(_run_in_savepoint, tx, driver, job)
                else:
                    _run_in_savepoint(tx, driver, job)
                if len(batch) % _BREATH == 0:
                    await asyncio.sleep(0)
            await self._in_thread(driver.execute, "COMMIT")
        finally:
            # In the thread, where it comes after a commit that was not waited for: the loop may be ending.
            if driver.in_transaction:
                await self._in_thread(_roll_back, driver)

    async def _begin(self, driver: DriverConnection) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_seconds
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except Exception as error:
                if not is_busy(error) or loop.time() >= deadline:
                    raise _NotBegun from error
            else:
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def _in_thread(self, function: Callable[..., object], *args: object) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)


def _run_in_savepoint(tx: SqlTransaction, driver: DriverConnection, job: _Job) -> None:
    job.error, job.announced = None, frozenset()
    driver.execute("SAVEPOINT use_case")
    tx.restart()
    try:
        job.result = job.use_case(tx)
        job.announced = tx.announced
    except BaseException as error:
        if not driver.in_transaction:
            raise _TransactionLost from error
        driver.execute("ROLLBACK TO use_case")
        job.error = meaning_of(error)
    driver.execute("RELEASE use_case")


def _roll_back(driver: DriverConnection) -> None:
    if driver.in_transaction:
        driver.execute("ROLLBACK")


def _fail(batch: Sequence[_Job], error: Exception) -> None:
    cause = error.__cause__ if isinstance(error, _TransactionLost | _NotBegun) else error
    meaning = meaning_of(cause or error)
    for job in batch:
        job.error, job.announced = meaning, frozenset()


def _answer(job: _Job) -> None:
    if job.answer.done():
        return
    if job.error is None:
        job.answer.set_result(job.result)
    elif isinstance(job.error, StopIteration):  # no future takes it
        job.answer.set_exception(RuntimeError("a use case raised StopIteration"))
    else:
        job.answer.set_exception(job.error)
