"""Reads of one statement, which are asked on the event loop: the answers are those of every other way."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest

from modelyard.application.ports.database import Transaction
from modelyard.application.services import publishing
from modelyard.domain.errors import ModelNotFound, VersionNotFound
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.reference import ByAlias, ByNumber, Reference
from modelyard.infrastructure.database.postgresql import PostgresqlDatabase
from tests.factories import Workshop, add_blob
from tests.integration.postgresql import backends, kill_connections, opened
from tests.postgresql_server import StartedServer

PATIENCE_SECONDS = 60


@pytest.fixture
async def database(postgresql_url: str) -> AsyncIterator[PostgresqlDatabase]:
    async with opened(postgresql_url) as database:
        yield database


def where(tx: Transaction, model: str, reference: Reference) -> tuple[ModelVersion, str]:
    """A version, and the thread in which it was read."""
    return tx.versions.get(model, reference), threading.current_thread().name


def where_again(tx: Transaction, model: str, reference: Reference) -> tuple[ModelVersion, str]:
    tx.versions.get(model, reference)
    return where(tx, model, reference)


async def until(
    database: PostgresqlDatabase, model: str, reference: Reference, *, is_on_loop: bool
) -> tuple[ModelVersion, str]:
    """The first reads find no connection, and take the way through a thread."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            version, thread = await database.read(where, model, reference)
            if (thread == threading.current_thread().name) == is_on_loop:
                return version, thread


async def filled(database: PostgresqlDatabase, count: int = 1) -> list[ModelVersion]:
    workshop = Workshop(database)
    await workshop.model("churn")
    versions = []
    for number in range(count):
        file = await database.write(add_blob, f"weights {number}".encode())
        odd = {"description": f"№ {number} 'quoted' %s $1", "tags": {"ключ": "😀"}}
        versions.append(await workshop.version("churn", file, **odd))
        await workshop.alias(versions[-1], f"alias-{number}")
        await workshop.measure(versions[-1], "auc", 1 / (3 + number), dataset="holdout")
    return versions


async def test_a_version_read_on_the_loop_is_the_one_that_a_thread_reads(database: PostgresqlDatabase) -> None:
    await filled(database)
    reference = ByAlias("alias-0")
    in_thread = await database.scan(where, "churn", reference)
    on_loop = await until(database, "churn", reference, is_on_loop=True)
    assert on_loop[0] == in_thread[0]
    assert on_loop[1] != in_thread[1]


async def test_many_who_read_at_once_each_get_their_own_answer(database: PostgresqlDatabase) -> None:
    versions = await filled(database, 7)
    await until(database, "churn", ByNumber(1), is_on_loop=True)
    asked: list[Reference] = [
        ByNumber(number % 7 + 1) if number % 2 else ByAlias(f"alias-{number % 7}") for number in range(300)
    ]
    read = await asyncio.gather(*(database.read(publishing.read_version, "churn", one) for one in asked))
    expected = [number % 7 for number in range(300)]
    assert [version.digest for version in read] == [versions[place].digest for place in expected]


async def test_who_leaves_while_reading_takes_nobody_along(database: PostgresqlDatabase) -> None:
    await filled(database, 2)
    await until(database, "churn", ByNumber(1), is_on_loop=True)
    reading = [asyncio.ensure_future(database.read(publishing.read_version, "churn", ByNumber(2))) for _ in range(20)]
    await asyncio.sleep(0)
    for task in reading[::2]:
        task.cancel()
    await asyncio.wait(reading)
    assert {task.result().number for task in reading if not task.cancelled()} == {2}


@pytest.mark.parametrize(
    ("model", "reference", "error"),
    [
        ("churn", ByNumber(99), VersionNotFound),
        ("churn", ByNumber(MAX_INTEGER), VersionNotFound),
        ("chu\0rn", ByNumber(1), ModelNotFound),
        ("churn", ByAlias("alias-0\0"), VersionNotFound),
        ("no such model", ByNumber(1), ModelNotFound),
    ],
)
async def test_what_is_not_there_is_said_as_ever_and_others_read_on(
    database: PostgresqlDatabase, model: str, reference: Reference, error: type[Exception]
) -> None:
    await filled(database)
    await until(database, "churn", ByNumber(1), is_on_loop=True)
    with pytest.raises(error):
        await database.read(where, model, reference)
    assert (await database.read(where, "churn", ByNumber(1)))[1] == threading.current_thread().name


@pytest.mark.parametrize("query", [where_again, lambda tx, model, reference: (tx.now, where(tx, model, reference))[1]])
async def test_whatever_asks_more_than_one_prepared_statement_is_read_in_a_thread(
    database: PostgresqlDatabase, query: Callable[[Transaction, str, Reference], tuple[ModelVersion, str]]
) -> None:
    await filled(database)
    await until(database, "churn", ByNumber(1), is_on_loop=True)
    for _ in range(3):
        version, thread = await database.read(query, "churn", ByNumber(1))
        assert (version.number, thread.startswith("modelyard-read")) == (1, True)


async def test_a_connection_that_breaks_is_replaced_and_nobody_notices(
    database: PostgresqlDatabase, postgresql_url: str
) -> None:
    await filled(database)
    for _ in range(3):
        await until(database, "churn", ByNumber(1), is_on_loop=True)
        reading = [asyncio.ensure_future(database.read(where, "churn", ByNumber(1))) for _ in range(20)]
        kill_connections(postgresql_url)
        assert {version.number for version, _ in await asyncio.gather(*reading)} == {1}


async def test_a_schema_that_changed_under_a_prepared_statement_is_read_anew(
    database: PostgresqlDatabase, postgresql_url: str
) -> None:
    """PostgreSQL then refuses the statement on every connection that has prepared it."""
    await filled(database)
    await until(database, "churn", ByNumber(1), is_on_loop=True)
    with psycopg.connect(postgresql_url) as other:
        other.execute('ALTER TABLE versions ALTER COLUMN created_by TYPE varchar(900) COLLATE "C"')
    assert (await until(database, "churn", ByNumber(1), is_on_loop=True))[0].number == 1


async def test_a_server_that_stands_still_is_left_in_bounded_time_and_read_again(own_server: StartedServer) -> None:
    async with opened(own_server.url) as database:
        await filled(database)
        await until(database, "churn", ByNumber(1), is_on_loop=True)
        processes = backends(own_server.url)
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        reading = asyncio.ensure_future(database.read(where, "churn", ByNumber(1)))
        try:
            await asyncio.sleep(3)  # longer than the loop waits for an answer
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)
        assert (await reading)[1].startswith("modelyard-read")
        assert (await until(database, "churn", ByNumber(1), is_on_loop=True))[0].number == 1
