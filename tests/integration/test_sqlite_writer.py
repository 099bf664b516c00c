import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import NoReturn

import pytest

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database import writer as writing
from modelyard.infrastructure.database.engines import create_database_engine, driver_of
from modelyard.infrastructure.database.transaction import SqlTransaction
from modelyard.infrastructure.database.writer import GroupWriter
from tests.fakes.clock import FixedClock

TIMEOUT_SECONDS = 30


class Commits:
    """A connection that counts what a writer commits."""

    def __init__(self, url: str) -> None:
        self.tx = SqlTransaction(create_database_engine(url).connect(), FixedClock())
        self.count = 0
        driver_of(self.tx.connection).set_trace_callback(self._seen)  # type: ignore[attr-defined]

    def _seen(self, statement: str) -> None:
        self.count += statement == "COMMIT"


@pytest.fixture
def commits(sqlite_url: str) -> Commits:
    return Commits(sqlite_url)


@pytest.fixture
async def writer(commits: Commits) -> AsyncIterator[GroupWriter]:
    opened = GroupWriter(lambda: commits.tx)
    opened.open()
    yield opened
    await asyncio.to_thread(opened.close)


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
    first = asyncio.create_task(writer.run(blocking(may_go_on)))
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

    running = asyncio.create_task(writer.run(occupy))
    assert await asyncio.to_thread(is_running.wait, TIMEOUT_SECONDS)
    waiting = [asyncio.create_task(writer.run(inserting(str(place)))) for place in range(3)]
    await asyncio.sleep(0)

    with pytest.raises(DatabaseUnavailable, match="too many"):
        await writer.run(inserting("one too many"))
    may_go_on.set()
    await asyncio.gather(running, *waiting)
    assert await writer.run(inserting("later")) == "later"


async def test_a_loop_that_is_gone_does_not_end_the_writer(writer: GroupWriter) -> None:
    may_go_on = threading.Event()
    loop = asyncio.new_event_loop()

    def wait_and_give_up() -> None:
        task = loop.create_task(writer.run(blocking(may_go_on)))
        loop.run_until_complete(asyncio.sleep(0))
        loop.set_exception_handler(lambda *_: None)
        loop.close()
        del task

    await asyncio.to_thread(wait_and_give_up)
    mine = asyncio.create_task(writer.run(inserting("mine")))
    await asyncio.sleep(0)
    may_go_on.set()

    assert await mine == "mine"


async def test_several_loops_are_each_answered(writer: GroupWriter) -> None:
    def write_elsewhere(name: str) -> str:
        return asyncio.run(writer.run(inserting(name)))

    answers = await asyncio.gather(
        writer.run(inserting("here")), *(asyncio.to_thread(write_elsewhere, name) for name in ("there", "yonder"))
    )

    assert answers == ["here", "there", "yonder"]


async def test_a_writer_that_cannot_connect_does_not_open() -> None:
    def refuse() -> NoReturn:
        raise DatabaseUnavailable("no connection")

    writer = GroupWriter(refuse)

    with pytest.raises(DatabaseUnavailable, match="no connection"):
        writer.open()
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await writer.run(inserting("a"))
    writer.close()


async def test_whoever_comes_while_it_closes_is_refused_or_served(writer: GroupWriter) -> None:
    writes = [asyncio.create_task(writer.run(inserting(str(place)))) for place in range(50)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(asyncio.to_thread(writer.close))
    late: list[asyncio.Task[str]] = []
    while not closing.done():
        late.append(asyncio.create_task(writer.run(inserting(f"late {len(late)}"))))
        await asyncio.sleep(0)

    answers = await asyncio.wait_for(asyncio.gather(*writes, *late, return_exceptions=True), TIMEOUT_SECONDS)

    assert answers[:50] == list(map(str, range(50)))
    assert {type(answer) for answer in answers[50:]} <= {str, DatabaseUnavailable}
