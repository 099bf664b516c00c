"""What every database promises, whatever it is."""

import asyncio
import gc
import threading
from collections.abc import Callable

import pytest

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.application.services import catalog
from modelyard.domain.errors import DatabaseUnavailable, ModelExists, ModelNotFound
from modelyard.domain.query import EVERYTHING
from tests.factories import ADA, Workshop, model_draft
from tests.fakes.clock import START, FixedClock

TIMEOUT_SECONDS = 30


def create(tx: Transaction, name: str) -> int:
    return catalog.create_model(tx, ADA, model_draft(name=name)).id


def create_and_raise(tx: Transaction, name: str, error: BaseException) -> None:
    create(tx, name)
    raise error


def count(tx: Transaction) -> int:
    return tx.search.count_models(EVERYTHING, at_most=1_000_000)


async def test_what_was_written_is_read(database: Database) -> None:
    model_id = await database.write(create, "churn")

    assert (await database.read(catalog.read_model, "churn")).id == model_id
    assert (await database.scan(catalog.read_model, name="churn")).id == model_id


@pytest.mark.parametrize("run", ["read", "scan", "write", "sweep"])
async def test_arguments_go_to_the_function_and_its_answer_comes_back(database: Database, run: str) -> None:
    def answer(_: Transaction, *args: int, **kwargs: int) -> tuple[object, ...]:
        return args, kwargs

    assert await getattr(database, run)(answer, 1, 2, name=3) == ((1, 2), {"name": 3})


class _Peculiar(Exception):
    """An error of nobody's tree."""


@pytest.mark.parametrize("run", ["read", "scan", "write", "sweep"])
@pytest.mark.parametrize(
    "error",
    [ModelNotFound("gone"), _Peculiar("odd"), ValueError(), KeyError("a")],
    ids=lambda error: type(error).__name__,
)
async def test_what_is_raised_is_what_was_raised(database: Database, run: str, error: Exception) -> None:
    def fail(_: Transaction) -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        await getattr(database, run)(fail)
    assert raised.value is error


@pytest.mark.parametrize(
    ("error", "raised"), [(_Peculiar(), _Peculiar), (GeneratorExit(), GeneratorExit), (StopIteration(), RuntimeError)]
)
async def test_a_use_case_that_raises_leaves_no_trace(
    database: Database, workshop: Workshop, error: BaseException, raised: type[BaseException]
) -> None:
    before = await workshop.dump()

    with pytest.raises(raised):
        await database.write(create_and_raise, "churn", error)
    assert await workshop.dump() == before
    assert await database.write(create, "churn")


async def test_a_use_case_that_mends_a_refusal_keeps_the_rest(database: Database) -> None:
    await database.write(create, "taken")

    def create_another(tx: Transaction) -> None:
        create(tx, "first")
        with pytest.raises(ModelExists):
            create(tx, "taken")
        create(tx, "second")

    await database.write(create_another)
    assert await database.read(count) == 3


async def test_of_many_at_once_only_those_fail_that_fail(database: Database) -> None:
    errors = [_Peculiar(place) for place in range(100)]

    answers = await asyncio.gather(
        *(
            (
                database.write(create_and_raise, str(place), errors[place])
                if place % 3 == 0
                else database.write(create, str(place))
            )
            for place in range(100)
        ),
        return_exceptions=True,
    )

    assert [answer for answer in answers if isinstance(answer, BaseException)] == errors[::3]
    assert await database.read(count) == 66
    for place in range(100):
        if place % 3:
            assert (await database.read(catalog.read_model, str(place))).id == answers[place]


async def test_the_present_is_one_moment_within_a_transaction(database: Database, clock: FixedClock) -> None:
    def moments(tx: Transaction) -> set[object]:
        first = tx.now
        clock.advance(seconds=1)
        return {first, tx.now}

    for run in (database.read, database.scan, database.write):
        assert len(await run(moments)) == 1
    assert clock.now() != START


@pytest.mark.parametrize("run", ["read", "scan", "write", "sweep"])
async def test_each_transaction_has_its_own_present(database: Database, clock: FixedClock, run: str) -> None:
    def now(tx: Transaction) -> object:
        return tx.now

    first = await getattr(database, run)(now)
    later = clock.advance(milliseconds=1)

    assert (first, await getattr(database, run)(now)) == (START, later)


async def test_a_scan_sees_one_state_while_others_write(database: Database) -> None:
    has_begun, may_go_on = threading.Event(), threading.Event()

    def count_twice(tx: Transaction) -> tuple[int, int]:
        first = count(tx)
        has_begun.set()
        assert may_go_on.wait(TIMEOUT_SECONDS)
        return first, count(tx)

    may_go_on.set()
    await database.scan(count_twice)  # the first time, a database may run it again to see one state
    has_begun.clear()
    may_go_on.clear()
    scan = asyncio.create_task(database.scan(count_twice))
    assert await asyncio.to_thread(has_begun.wait, TIMEOUT_SECONDS)
    await database.write(create, "churn")
    assert await database.read(count) == 1
    may_go_on.set()

    assert await scan == (0, 0)
    assert await database.scan(count) == 1


async def test_many_scan_while_others_write(database: Database) -> None:
    def balance(tx: Transaction) -> tuple[int, int]:
        return count(tx), len(tx.events.page(EventFilter(), beyond=None, is_descending=False, limit=1_000))

    scans = [database.scan(balance) for _ in range(60)]
    writes = [database.write(create, str(place)) for place in range(60)]
    balances, _ = await asyncio.gather(asyncio.gather(*scans), asyncio.gather(*writes))

    assert all(models == events for models, events in balances)
    assert await database.scan(balance) == (60, 60)


@pytest.mark.parametrize("run", ["read", "scan"])
async def test_a_query_cannot_write(database: Database, workshop: Workshop, run: str) -> None:
    before = await workshop.dump()

    with pytest.raises(DatabaseUnavailable):
        await getattr(database, run)(create, "churn")
    assert await workshop.dump() == before


async def test_who_stops_waiting_does_not_hurt_others(database: Database) -> None:
    tasks = [asyncio.create_task(database.write(create, str(place))) for place in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()

    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert [isinstance(answer, asyncio.CancelledError) for answer in answers] == [True, False] * 10
    for place in range(1, 20, 2):
        assert (await database.read(catalog.read_model, str(place))).id == answers[place]


async def test_closing_lets_waiting_writes_end(connect: Callable[[], Database]) -> None:
    closing, again = connect(), connect()
    await closing.open()
    writes = [asyncio.create_task(closing.write(create, str(place))) for place in range(200)]
    await asyncio.sleep(0)

    await closing.close()

    assert len({await write for write in writes}) == 200
    await again.open()
    assert await again.read(count) == 200
    await again.close()


async def test_closing_lets_running_scans_end(connect: Callable[[], Database]) -> None:
    database = connect()
    await database.open()
    scans = [asyncio.create_task(database.scan(count)) for _ in range(50)]
    await asyncio.sleep(0)

    await database.close()

    assert [await scan for scan in scans] == [0] * 50


@pytest.mark.parametrize("was_open", [True, False])
async def test_a_closed_database_refuses_everything(connect: Callable[[], Database], was_open: bool) -> None:
    database = connect()
    if was_open:
        await database.open()
        await database.close()

    for refused in (database.read(count), database.scan(count), database.write(create, "churn"), database.check()):
        with pytest.raises(DatabaseUnavailable):
            await refused
    with pytest.raises(DatabaseUnavailable):
        await database.state()
    await database.close()


async def test_a_check_of_a_working_database_passes_and_changes_nothing(database: Database, workshop: Workshop) -> None:
    before = await workshop.dump()

    await database.check()

    assert await workshop.dump() == before


async def test_one_at_a_time_leads_a_task(database: Database) -> None:
    async with database.leading("collection") as is_leading, database.leading("collection") as is_second:
        assert (is_leading, is_second) == (True, False)
        async with database.leading("delivery") as leads_another:
            assert leads_another
    async with database.leading("collection") as is_leading:
        assert is_leading


async def test_who_is_stopped_while_asking_leads_nothing(database: Database) -> None:
    async def lead() -> None:
        async with database.leading("collection"):
            await asyncio.sleep(TIMEOUT_SECONDS)

    for turns in range(3):
        task = asyncio.create_task(lead())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await asyncio.to_thread(gc.collect)  # an unclosed session would be told of here

    async with asyncio.timeout(TIMEOUT_SECONDS):
        is_leading = False
        while not is_leading:
            async with database.leading("collection") as is_leading:
                await asyncio.sleep(0)


async def test_who_fails_leads_no_longer(database: Database) -> None:
    with pytest.raises(_Peculiar):
        async with database.leading("collection"):
            raise _Peculiar
    async with database.leading("collection") as is_leading:
        assert is_leading
