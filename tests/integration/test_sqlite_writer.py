import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Set
from typing import NoReturn

import pytest

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database import writer as writing
from modelyard.infrastructure.database.engines import create_database_engine, driver_of
from modelyard.infrastructure.database.transaction import SqlTransaction
from modelyard.infrastructure.database.writer import GroupWriter
from tests.fakes.clock import FixedClock

TIMEOUT_SECONDS = 30
BUSY_TIMEOUT_MS = 10_000


class Commits:
    """A connection that counts what a writer commits."""

    def __init__(self, url: str) -> None:
        self.tx = SqlTransaction(create_database_engine(url).connect(), FixedClock())
        self.count = 0
        self.announced: list[Set[str]] = []
        driver_of(self.tx.connection).set_trace_callback(self._seen)  # type: ignore[attr-defined]

    def _seen(self, statement: str) -> None:
        self.count += statement == "COMMIT"


@pytest.fixture
def commits(sqlite_url: str) -> Commits:
    return Commits(sqlite_url)


@pytest.fixture
async def writer(commits: Commits) -> AsyncIterator[GroupWriter]:
    opened = GroupWriter(lambda: commits.tx, busy_timeout_ms=BUSY_TIMEOUT_MS, announce=commits.announced.append)
    opened.open()
    yield opened
    await opened.close()


def inserting(name: str) -> Callable[[SqlTransaction], str]:
    def insert(tx: SqlTransaction) -> str:
        tx.connection.exec_driver_sql("INSERT INTO uploads VALUES (?, 1, NULL, 0, NULL, NULL, 0, 'ada', 0)", (name,))
        return name

    return insert


def blocking(may_go_on: threading.Event) -> Callable[[SqlTransaction], None]:
    def wait(_: SqlTransaction) -> None:
        assert may_go_on.wait(TIMEOUT_SECONDS)

    return wait


async def test_what_waits_together_is_committed_together(writer: GroupWriter, commits: Commits) -> None:
    may_go_on = threading.Event()
    first = asyncio.create_task(writer.run(blocking(may_go_on), is_sweep=True))
    others = [asyncio.create_task(writer.run(inserting(str(place)))) for place in range(130)]
    await asyncio.sleep(0)
    may_go_on.set()

    assert await asyncio.gather(first, *others) == [None, *map(str, range(130))]
    # The first was alone, or took some along; the rest goes in groups of at most 64.
    assert 3 <= commits.count <= 4


async def test_whoever_is_answered_is_committed(writer: GroupWriter, commits: Commits) -> None:
    await writer.run(inserting("a"))

    assert commits.count == 1
    assert await writer.run(lambda tx: tx.connection.exec_driver_sql("SELECT id FROM uploads").scalar()) == "a"


async def test_too_many_are_not_kept_waiting(writer: GroupWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_WAITING", 3)
    may_go_on, is_running = threading.Event(), threading.Event()

    def occupy(_: SqlTransaction) -> None:
        is_running.set()
        assert may_go_on.wait(TIMEOUT_SECONDS)

    running = asyncio.create_task(writer.run(occupy, is_sweep=True))
    assert await asyncio.to_thread(is_running.wait, TIMEOUT_SECONDS)
    waiting = [asyncio.create_task(writer.run(inserting(str(place)))) for place in range(3)]
    await asyncio.sleep(0)

    with pytest.raises(DatabaseUnavailable, match="too many"):
        await writer.run(inserting("one too many"))
    may_go_on.set()
    await asyncio.gather(running, *waiting)
    assert await writer.run(inserting("later")) == "later"


@pytest.mark.parametrize("is_sweep", [True, False])
async def test_the_loop_goes_on_meanwhile(writer: GroupWriter, is_sweep: bool) -> None:
    ticks: list[int] = []

    async def tick() -> None:
        while not writes.done():
            ticks.append(len(ticks))
            await asyncio.sleep(0)

    def note(tx: SqlTransaction) -> int:
        inserting(str(tx.connection.exec_driver_sql("SELECT count(*) FROM uploads").scalar()))(tx)
        return len(ticks)

    writes = asyncio.gather(*(writer.run(note, is_sweep=is_sweep) for _ in range(60)))
    await asyncio.gather(writes, tick())

    assert len(set(writes.result())) >= 60 // 4


async def test_a_sweep_and_short_changes_are_done_in_their_order(writer: GroupWriter) -> None:
    def seen(tx: SqlTransaction) -> list[str]:
        return list(tx.connection.exec_driver_sql("SELECT id FROM uploads ORDER BY id").scalars())

    answers = await asyncio.gather(
        writer.run(inserting("a")), writer.run(seen, is_sweep=True), writer.run(inserting("b")), writer.run(seen)
    )

    assert list[object](answers) == ["a", ["a"], "b", ["a", "b"]]


async def test_a_lock_of_another_process_is_waited_for_while_the_loop_goes_on(
    writer: GroupWriter, commits: Commits, sqlite_url: str
) -> None:
    connection = create_database_engine(sqlite_url).connect()
    other = driver_of(connection)
    other.execute("BEGIN IMMEDIATE")
    write = asyncio.create_task(writer.run(inserting("a")))
    for _ in range(100):
        await asyncio.sleep(0)
    assert (write.done(), commits.count) == (False, 0)

    other.execute("COMMIT")

    assert await write == "a"


async def test_who_stops_waiting_does_not_stop_the_change(writer: GroupWriter, commits: Commits) -> None:
    may_go_on, is_running = threading.Event(), threading.Event()

    def insert_slowly(tx: SqlTransaction) -> str:
        is_running.set()
        assert may_go_on.wait(TIMEOUT_SECONDS)
        tx.announce("slowness")
        return inserting("slow")(tx)

    impatient = asyncio.create_task(writer.run(insert_slowly, is_sweep=True))
    assert await asyncio.to_thread(is_running.wait, TIMEOUT_SECONDS)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    may_go_on.set()

    assert await writer.run(lambda tx: tx.connection.exec_driver_sql("SELECT id FROM uploads").scalar()) == "slow"
    assert commits.announced == [{"slowness"}, set()]


async def test_an_end_in_the_middle_of_a_transaction_undoes_it(writer: GroupWriter, commits: Commits) -> None:
    may_go_on, is_running = threading.Event(), threading.Event()

    def insert_and_wait(tx: SqlTransaction) -> None:
        inserting("a")(tx)
        is_running.set()
        assert may_go_on.wait(TIMEOUT_SECONDS)

    before = asyncio.all_tasks()
    write = asyncio.create_task(writer.run(insert_and_wait, is_sweep=True))
    assert await asyncio.to_thread(is_running.wait, TIMEOUT_SECONDS)
    [work] = asyncio.all_tasks() - before - {write}
    work.cancel()
    may_go_on.set()
    await asyncio.wait([work])
    write.cancel()

    assert commits.count == 0
    assert await writer.run(lambda tx: tx.connection.exec_driver_sql("SELECT id FROM uploads").scalar()) is None


async def test_a_writer_that_cannot_connect_does_not_open() -> None:
    def refuse() -> NoReturn:
        raise DatabaseUnavailable("no connection")

    writer = GroupWriter(refuse, busy_timeout_ms=BUSY_TIMEOUT_MS, announce=lambda _: None)

    with pytest.raises(DatabaseUnavailable, match="no connection"):
        writer.open()
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await writer.run(inserting("a"))
    await writer.close()


async def test_whoever_comes_while_it_closes_is_refused_or_served(writer: GroupWriter) -> None:
    writes = [asyncio.create_task(writer.run(inserting(str(place)))) for place in range(50)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(writer.close())
    late: list[asyncio.Task[str]] = []
    while not closing.done():
        late.append(asyncio.create_task(writer.run(inserting(f"late {len(late)}"))))
        await asyncio.sleep(0)

    answers = await asyncio.wait_for(asyncio.gather(*writes, *late, return_exceptions=True), TIMEOUT_SECONDS)

    assert answers[:50] == list(map(str, range(50)))
    assert {type(answer) for answer in answers[50:]} <= {str, DatabaseUnavailable}
