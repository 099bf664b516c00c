"""The state of a PostgreSQL over connections that break, hang, and end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from modelyard.infrastructure.database.postgresql import PostgresqlDatabase
from tests.integration.postgresql import backends, kill_connections, opened
from tests.postgresql_server import StartedServer


@pytest.fixture
async def database(postgresql_url: str) -> AsyncIterator[PostgresqlDatabase]:
    async with opened(postgresql_url) as database:
        yield database


async def known_state(database: PostgresqlDatabase) -> object:
    async with asyncio.timeout(60):
        while (state := await database.state()) is None:  # noqa: ASYNC110 - nobody else tells when
            await asyncio.sleep(0.01)
        return state


async def test_the_state_over_a_new_connection_is_another_one(
    database: PostgresqlDatabase, postgresql_url: str
) -> None:
    """Behind it may be a server that was restored from a backup, and gives the same numbers to other changes."""
    before = await known_state(database)
    kill_connections(postgresql_url)
    answers = [await database.state(), await known_state(database)]
    assert before not in answers


async def test_the_state_of_a_server_that_stands_still_is_unknown_after_bounded_time(own_server: StartedServer) -> None:
    async with opened(own_server.url) as database:
        await known_state(database)
        processes = backends(own_server.url)
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            answers = await asyncio.gather(*(database.state() for _ in range(5)))
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)
        assert set(answers) == {None}
        assert await known_state(database)


async def test_who_leaves_while_asking_for_the_state_takes_nobody_along(database: PostgresqlDatabase) -> None:
    state = await known_state(database)
    asking = [asyncio.ensure_future(database.state()) for _ in range(10)]
    await asyncio.sleep(0)
    for task in asking[::2]:
        task.cancel()
    await asyncio.wait(asking)
    assert {task.result() for task in asking if not task.cancelled()} == {state}


async def test_closing_tells_those_who_ask_for_the_state(database: PostgresqlDatabase) -> None:
    await known_state(database)
    asking = [asyncio.ensure_future(database.state()) for _ in range(3)]
    await asyncio.sleep(0)
    await database.close()
    assert {await task for task in asking} == {None}
