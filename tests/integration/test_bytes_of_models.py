"""The bytes of each model's files, as quotas see them."""

import asyncio

import pytest

from modelyard.application.ports.database import Database
from modelyard.infrastructure.clock import SystemClock
from modelyard.infrastructure.database import migrate
from modelyard.infrastructure.database.postgresql import PostgresqlDatabase
from modelyard.infrastructure.database.sqlite import SqliteDatabase
from tests.conftest import DATABASES
from tests.factories import Workshop


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


def opened(url: str) -> Database:
    return SqliteDatabase(url, SystemClock()) if url.startswith("sqlite:") else PostgresqlDatabase(url)


async def bytes_of(database: Database, pattern: str) -> int:
    return await database.write(lambda tx: tx.models.bytes_to_change(pattern))


async def test_what_was_registered_before_the_counter_came_is_counted(url: str) -> None:
    database = opened(url)
    await database.open()
    workshop = Workshop(database)
    for name in ("a.one", "a.two", "b"):
        await workshop.model(name)
    await workshop.version("a.one", await workshop.blob(b"1234"), await workshop.blob(b"56"))
    await workshop.version("a.two", await workshop.blob(b"1234"))
    await database.close()

    await asyncio.to_thread(migrate.downgrade, url, "0011")
    await asyncio.to_thread(migrate.upgrade, url)

    database = opened(url)
    await database.open()
    try:
        counted = {pattern: await bytes_of(database, pattern) for pattern in ("*", "a.*", "a.one", "b", "nothing")}
    finally:
        await database.close()
    assert counted == {"*": 10, "a.*": 10, "a.one": 6, "b": 0, "nothing": 0}
