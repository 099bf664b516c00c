import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import cast

import pysqlite3.dbapi2 as driver
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.services import catalog
from modelyard.domain.errors import DatabaseUnavailable, StorageFull
from modelyard.domain.query import EVERYTHING
from modelyard.domain.registered_model import RegisteredModel
from modelyard.infrastructure.database.faults import meaning_of
from modelyard.infrastructure.database.sqlite import SqliteDatabase
from modelyard.infrastructure.database.transaction import SqlTransaction
from tests.factories import ADA, Workshop, model_draft
from tests.fakes.clock import FixedClock


@pytest.fixture
def connect(sqlite_url: str, clock: FixedClock) -> Callable[[], Database]:
    """These tests speak of SQLite alone."""
    return lambda: SqliteDatabase(sqlite_url, clock, busy_timeout_ms=500)


HUGE = {str(place): "x" * 5_000 for place in range(200)}


def create(tx: Transaction, name: str, tags: dict[str, str]) -> RegisteredModel:
    return catalog.create_model(tx, ADA, model_draft(name=name, tags=tags))


def pragma(tx: Transaction, text: str) -> int:
    return int(cast("SqlTransaction", tx).connection.exec_driver_sql(f"PRAGMA {text}").scalar_one())


async def fill(database: Database, *, spare_pages: int) -> None:
    """Let the database grow by no more than this."""
    size = await database.write(pragma, "page_count")
    await database.write(pragma, f"max_page_count = {size + spare_pages}")


@contextmanager
def locked_by_another(url: str) -> Iterator[driver.Connection]:
    with closing(driver.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other
        other.execute("ROLLBACK")


async def test_a_full_disk_refuses_what_does_not_fit_and_keeps_nothing_of_it(
    database: Database, workshop: Workshop
) -> None:
    await workshop.model("first")
    before = await workshop.dump()
    await fill(database, spare_pages=0)

    with pytest.raises(StorageFull) as refusal:
        await database.write(create, "huge", HUGE)

    assert isinstance(refusal.value.__cause__, OperationalError | driver.OperationalError)
    assert await workshop.dump() == before
    assert (await database.read(catalog.read_model, "first")).name == "first"
    await fill(database, spare_pages=1_000)
    assert (await database.write(create, "huge", HUGE)).tags == HUGE


async def test_a_full_disk_fails_none_for_anothers_sake(database: Database, workshop: Workshop) -> None:
    await database.write(create, "filler", HUGE)
    await database.write(catalog.delete_model, ADA, "filler", None, is_forced=True)
    await fill(database, spare_pages=0)
    answers = await asyncio.gather(
        *(database.write(create, str(place), {} if place % 2 else _doubled(place)) for place in range(20)),
        return_exceptions=True,
    )

    names = {row[1] for row in (await workshop.dump())["models"]}
    assert names == {answer.name for answer in answers if isinstance(answer, RegisteredModel)}
    assert {type(answer) for answer in answers} == {RegisteredModel, StorageFull}
    assert {str(place) for place in range(1, 20, 2)} <= names
    assert len(await workshop.events()) == len(names) + 2


def _doubled(place: int) -> dict[str, str]:
    """Larger than all that the deletion before has left free."""
    return {f"{place} {key}": "é" * 5_000 for key in range(200)}


async def test_a_full_disk_is_over_when_there_is_space_again(database: Database) -> None:
    await fill(database, spare_pages=0)
    for name in ("a", "b", "c"):
        with pytest.raises(StorageFull):
            await database.write(create, name, HUGE)
    await fill(database, spare_pages=10_000)

    assert len(await asyncio.gather(*(database.write(create, str(place), HUGE) for place in range(5)))) == 5


async def test_a_locked_database_refuses_writes_in_time_and_goes_on_reading(
    sqlite_url: str, database: Database, workshop: Workshop
) -> None:
    await workshop.model("first")

    with locked_by_another(sqlite_url):
        with pytest.raises(DatabaseUnavailable) as refusal:
            await database.write(create, "second", {})
        with pytest.raises(DatabaseUnavailable):
            await database.check()
        assert (await database.read(catalog.read_model, "first")).name == "first"
        assert await database.scan(lambda tx: tx.search.count_models(EVERYTHING, at_most=9)) == 1

    assert "locked" in str(refusal.value.__cause__)
    await database.check()
    assert (await database.write(create, "second", {})).name == "second"


async def test_all_who_wait_behind_a_lock_are_refused_at_once(
    sqlite_url: str, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with locked_by_another(sqlite_url), caplog.at_level(logging.ERROR):
        answers = await asyncio.gather(
            *(database.write(create, str(place), {}) for place in range(500)), return_exceptions=True
        )

    assert {type(answer) for answer in answers} == {DatabaseUnavailable}
    # Each line is one wait for the lock: one after the other, 500 writes would have waited eight times.
    assert len(caplog.records) <= 2
    assert await database.read(lambda tx: tx.search.count_models(EVERYTHING, at_most=9)) == 0


async def test_a_lock_that_is_gone_in_time_refuses_nothing(sqlite_url: str) -> None:
    database = SqliteDatabase(sqlite_url, FixedClock(), busy_timeout_ms=60_000)
    await database.open()

    with locked_by_another(sqlite_url):
        write = asyncio.create_task(database.write(create, "churn", {}))
        await asyncio.sleep(0.05)
        assert not write.done()

    assert (await write).name == "churn"
    await database.close()


async def test_a_failing_commit_keeps_nothing(database: Database, workshop: Workshop) -> None:
    before = await workshop.dump()

    def break_a_reference(tx: Transaction, *, is_broken: bool) -> None:
        create(tx, f"model {is_broken}", {})
        connection = cast("SqlTransaction", tx).connection
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        if is_broken:
            connection.exec_driver_sql("INSERT INTO model_tags VALUES (999, 'a', 'b')")

    answers = await asyncio.gather(
        *(database.write(break_a_reference, is_broken=is_broken) for is_broken in (False, True)),
        return_exceptions=True,
    )

    assert answers[0] is None
    assert isinstance(answers[1], driver.IntegrityError)
    assert [row[1] for row in (await workshop.dump())["models"]] == ["model False"]
    assert len((await workshop.dump())["events"]) == len(before["events"]) + 1


@pytest.mark.parametrize("run", ["read", "scan", "write"])
async def test_a_fault_in_our_own_statements_is_not_disguised(database: Database, run: str) -> None:
    def select(tx: Transaction, text: str) -> object:
        return cast("SqlTransaction", tx).connection.exec_driver_sql(text).all()

    with pytest.raises(OperationalError, match="no such table"):
        await getattr(database, run)(select, "SELECT * FROM absent")
    with pytest.raises(OperationalError, match="syntax"):
        await getattr(database, run)(select, "SELEKT 1")


async def test_a_broken_constraint_is_not_disguised(database: Database) -> None:
    def insert(tx: Transaction) -> None:
        cast("SqlTransaction", tx).connection.exec_driver_sql("INSERT INTO model_tags VALUES (999, 'a', 'b')")

    with pytest.raises(IntegrityError):
        await database.write(insert)


def failure(code: int, kind: type[Exception] = driver.OperationalError) -> Exception:
    error = kind("it failed")
    error.sqlite_errorcode = code  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        pytest.param(failure(13), StorageFull, id="full"),
        pytest.param(failure(5), DatabaseUnavailable, id="busy"),
        pytest.param(failure(5 | 2 << 8), DatabaseUnavailable, id="busy in a snapshot"),
        pytest.param(failure(8), DatabaseUnavailable, id="read-only"),
        pytest.param(failure(10 | 3 << 8), DatabaseUnavailable, id="an I/O error"),
        pytest.param(failure(11, driver.DatabaseError), DatabaseUnavailable, id="malformed"),
        pytest.param(failure(14), DatabaseUnavailable, id="cannot open"),
        pytest.param(failure(26, driver.DatabaseError), DatabaseUnavailable, id="not a database"),
        pytest.param(failure(1), driver.OperationalError, id="a wrong statement"),
        pytest.param(failure(19, driver.IntegrityError), driver.IntegrityError, id="a constraint"),
        pytest.param(failure(21, driver.ProgrammingError), driver.ProgrammingError, id="misuse"),
        pytest.param(ValueError(), ValueError, id="another error"),
    ],
)
@pytest.mark.parametrize("is_wrapped", [False, True])
def test_a_failure_of_the_database_means(error: Exception, meaning: type[Exception], is_wrapped: bool) -> None:
    if is_wrapped:
        error = OperationalError("SELECT 1", {}, error)
        meaning = meaning if meaning in {StorageFull, DatabaseUnavailable} else OperationalError

    found = meaning_of(error)

    assert type(found) is meaning
    assert found is error or found.__cause__ is error
