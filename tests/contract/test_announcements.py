"""Wake-ups: what every database promises of announcements."""

import asyncio
from collections.abc import Callable

import pytest

from modelyard.application.ports.database import Database, Transaction
from tests.contract.test_database import create

PATIENCE_SECONDS = 30.0
SOON_SECONDS = 0.05


def say(tx: Transaction, *topics: str) -> None:
    for topic in topics:
        tx.announce(topic)


async def test_an_announcement_is_heard_by_all_who_listen_to_its_topic(database: Database) -> None:
    async with (
        database.listening("events") as one,
        database.listening("events") as two,
        database.listening("deliveries") as other,
    ):
        await database.write(say, "events", "events")

        assert await one.heard(PATIENCE_SECONDS)
        assert await two.heard(PATIENCE_SECONDS)
        assert not await one.heard(SOON_SECONDS)
        assert not await other.heard(SOON_SECONDS)


@pytest.mark.parametrize("run", ["write", "sweep"])
async def test_who_waits_is_woken(database: Database, run: str) -> None:
    async with database.listening("events") as listener:
        waiting = asyncio.create_task(listener.heard(PATIENCE_SECONDS))
        await asyncio.sleep(0)
        await getattr(database, run)(say, "events")

        assert await waiting


async def test_what_is_rolled_back_is_not_announced(database: Database) -> None:
    def say_and_fail(tx: Transaction) -> None:
        tx.announce("deliveries")
        raise ArithmeticError

    async with database.listening("deliveries") as listener:
        with pytest.raises(ArithmeticError):
            await database.write(say_and_fail)
        await database.write(create, "churn")

        assert not await listener.heard(SOON_SECONDS)


async def test_what_was_announced_before_is_not_heard(database: Database) -> None:
    await database.write(say, "events")

    async with database.listening("events") as listener:
        assert not await listener.heard(SOON_SECONDS)


async def test_many_topics_are_told_apart(database: Database) -> None:
    topics = [f"topic {place} é" for place in range(20)]

    for topic in topics:
        async with database.listening(topic) as listener:
            await database.write(say, topic)
            assert await listener.heard(PATIENCE_SECONDS)


async def test_closing_ends_what_listens(connect: Callable[[], Database]) -> None:
    database = connect()
    await database.open()
    async with database.listening("events") as listener:
        await database.close()
        assert not await listener.heard(SOON_SECONDS)
