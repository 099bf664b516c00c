"""A PostgreSQL that is gone, slow, or says no: bounded time, a clear error, and no restart."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import AsyncIterator
from typing import cast

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from modelyard.application.ports.database import Transaction
from modelyard.application.services import catalog
from modelyard.domain.errors import DatabaseUnavailable, ModelExists
from modelyard.domain.query import EVERYTHING
from modelyard.infrastructure.database.moments import to_ms
from modelyard.infrastructure.database.postgresql import PostgresqlDatabase
from modelyard.infrastructure.database.transaction import SqlTransaction
from tests.factories import ADA, Workshop, model_draft
from tests.integration.postgresql import backends, kill_connections, opened
from tests.postgresql_server import StartedServer


def create(tx: Transaction, name: str) -> int:
    return catalog.create_model(tx, ADA, model_draft(name=name)).id


def count(tx: Transaction) -> int:
    return tx.search.count_models(EVERYTHING, at_most=1_000)


def run_sql(tx: Transaction, statement: str) -> object:
    connection = cast("SqlTransaction", tx).connection
    return connection.execute(text(statement)).scalar()


@pytest.fixture
async def database(postgresql_url: str) -> AsyncIterator[PostgresqlDatabase]:
    async with opened(postgresql_url) as database:
        yield database


async def test_broken_connections_are_replaced_without_anyone_noticing(
    database: PostgresqlDatabase, postgresql_url: str
) -> None:
    await asyncio.gather(*(database.read(count) for _ in range(9)), *(database.write(create, f"{n}") for n in range(9)))

    for place in range(3):
        kill_connections(postgresql_url)
        assert await database.read(count) == 9 + place
        kill_connections(postgresql_url)
        assert await database.write(create, f"after {place}")


async def test_a_connection_that_breaks_in_the_middle_leaves_one_change_not_two(
    database: PostgresqlDatabase, postgresql_url: str
) -> None:
    runs = 0

    def interrupted(tx: Transaction) -> int:
        nonlocal runs
        runs += 1
        model_id = create(tx, "churn")
        if runs == 1:
            kill_connections(postgresql_url)
        run_sql(tx, "SELECT 1")
        return model_id

    assert await database.write(interrupted)
    assert (runs, await database.read(count)) == (2, 1)


async def test_a_connection_that_breaks_at_the_commit_is_said_and_not_repeated(
    database: PostgresqlDatabase, postgresql_url: str
) -> None:
    runs = 0

    def interrupted(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        create(tx, "churn")
        kill_connections(postgresql_url)

    with pytest.raises(DatabaseUnavailable, match="during a commit"):
        await database.write(interrupted)
    assert runs == 1
    assert await database.write(create, "another")


async def test_a_server_that_stands_still_costs_bounded_time(own_server: StartedServer) -> None:
    async with opened(own_server.url, limit_seconds=1) as database:
        await asyncio.gather(*(database.read(count) for _ in range(9)), database.write(create, "churn"))
        processes = backends(own_server.url)
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            outcomes = await asyncio.gather(
                *(database.read(count) for _ in range(2)), database.write(create, "x"), return_exceptions=True
            )
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

        # A connection beyond those that stand still is opened by the server itself, and answers.
        assert {type(outcome) for outcome in outcomes} <= {int, DatabaseUnavailable}
        assert DatabaseUnavailable in map(type, outcomes)
        assert await database.read(count) in {1, 2}
        assert await database.write(create, "another")


async def test_a_hanging_server_costs_bounded_time_and_frees_its_threads(
    database: PostgresqlDatabase, postgresql_url: str
) -> None:
    async with opened(postgresql_url, limit_seconds=1) as impatient:
        with psycopg.connect(postgresql_url) as other:
            other.execute("LOCK TABLE models IN ACCESS EXCLUSIVE MODE")
            outcomes = await asyncio.gather(
                *(impatient.read(count) for _ in range(20)),
                *(impatient.write(create, str(place)) for place in range(20)),
                return_exceptions=True,
            )
            assert {type(outcome) for outcome in outcomes} == {DatabaseUnavailable}
        assert await impatient.write(create, "churn")
        assert await impatient.read(count) == 1


async def test_who_never_ends_is_cut_off(postgresql_url: str) -> None:
    has_ended = threading.Event()

    def endless(tx: Transaction) -> None:
        try:
            while True:
                run_sql(tx, "SELECT pg_sleep(0.05)")
        finally:
            has_ended.set()

    async with opened(postgresql_url, limit_seconds=0.5) as impatient:
        with pytest.raises(DatabaseUnavailable, match=r"did not answer in 0\.5 seconds"):
            await impatient.write(endless)
        assert await asyncio.to_thread(has_ended.wait, 30)
        assert await impatient.write(create, "churn")


async def test_a_database_that_refuses_connections_is_said(own_server: StartedServer) -> None:
    async with opened(own_server.url) as database:
        own_server.process.send_signal(signal.SIGINT)  # a fast shutdown; SIGTERM would wait for us
        own_server.process.wait(30)
        for run in (database.read, database.scan):
            with pytest.raises(DatabaseUnavailable):
                await run(count)
        for refused in (database.write(create, "churn"), database.sweep(create, "churn"), database.check()):
            with pytest.raises(DatabaseUnavailable):
                await refused
        with pytest.raises(DatabaseUnavailable):
            async with database.leading("collection"):
                pass


async def test_who_led_and_lost_its_connection_leads_no_more(database: PostgresqlDatabase, postgresql_url: str) -> None:
    async with opened(postgresql_url) as another, database.leading("collection") as is_leading:
        assert is_leading
        async with another.leading("collection") as is_second:
            assert not is_second
        kill_connections(postgresql_url)
        async with another.leading("collection") as is_second:
            assert is_second


async def test_announcements_reach_other_processes_also_after_a_broken_connection(
    database: PostgresqlDatabase, postgresql_url: str
) -> None:
    def say(tx: Transaction) -> None:
        tx.announce("events")

    async with opened(postgresql_url) as another, another.listening("events") as listener:
        await database.write(say)
        assert await listener.heard(30)
        kill_connections(postgresql_url)
        assert await listener.heard(30)  # connected anew: something may have been missed
        await database.write(say)
        assert await listener.heard(30)


async def test_a_use_case_that_hides_a_failed_statement_keeps_nothing(database: PostgresqlDatabase) -> None:
    def hide(tx: Transaction) -> None:
        create(tx, "churn")
        with contextlib.suppress(IntegrityError):
            run_sql(tx, "INSERT INTO model_tags VALUES (999, 'a', 'b')")

    with pytest.raises(RuntimeError, match="nothing of it was kept"):
        await database.write(hide)
    assert await database.read(count) == 0


@pytest.mark.parametrize("run", ["read", "scan", "write"])
async def test_a_fault_in_our_own_statements_is_not_disguised(database: PostgresqlDatabase, run: str) -> None:
    for statement in ("SELECT * FROM absent", "SELEKT 1"):
        with pytest.raises(ProgrammingError):
            await getattr(database, run)(run_sql, statement)


async def test_a_refusal_within_a_savepoint_can_be_mended(database: PostgresqlDatabase, workshop: Workshop) -> None:
    await workshop.model("taken")
    await workshop.model("churn")

    def rename_or_tag(tx: Transaction) -> None:
        with pytest.raises(ModelExists):
            catalog.rename_model(tx, ADA, "churn", "taken", None)
        create(tx, "third")

    await database.write(rename_or_tag)
    assert await database.read(count) == 3


async def test_time_is_the_databases(database: PostgresqlDatabase, postgresql_url: str) -> None:
    def twice(tx: Transaction) -> bool:
        first = tx.now
        run_sql(tx, "SELECT pg_sleep(0.01)")
        return tx.now == first

    with psycopg.connect(postgresql_url) as other:
        clock = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
        row = other.execute(clock).fetchone()
        moment = await database.write(lambda tx: tx.now)
        later = other.execute(clock).fetchone()

    assert row
    assert later
    assert row[0] - 1 <= to_ms(moment) <= later[0]
    assert moment.microsecond % 1_000 == 0
    assert await database.write(twice)
