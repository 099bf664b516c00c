"""Sequences are given before the commit: what is committed late is told late, but in its place."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.application.services import catalog
from modelyard.application.services.live_events import LiveEvents, Watch
from modelyard.domain.event import Event
from modelyard.domain.registered_model import ModelPatch
from modelyard.infrastructure.database.postgresql import PostgresqlDatabase
from tests.factories import ADA, model_draft

PATIENCE_SECONDS = 30.0
SOON_SECONDS = 0.5
ALL = EventFilter()


class Given(Exception):
    """Rolls a change back."""


class Slow:
    """A change that has its sequence, and is not committed until the test says so."""

    def __init__(self, *, is_given_up: bool) -> None:
        self._is_given_up = is_given_up
        self._has_begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self, tx: Transaction) -> None:
        describe(tx, "slow")
        self._has_begun.set()
        assert self.may_end.wait(PATIENCE_SECONDS)
        if self._is_given_up:
            raise Given

    async def begun(self) -> None:
        assert await asyncio.to_thread(self._has_begun.wait, PATIENCE_SECONDS)


def create(tx: Transaction, *names: str) -> None:
    for name in names:
        catalog.create_model(tx, ADA, model_draft(name=name))


def describe(tx: Transaction, name: str) -> None:
    catalog.update_model(tx, ADA, name, ModelPatch(description=f"{name}, again"), None)


def name_of(event: Event) -> bytes:
    return event.change.model.encode()


async def heard(watch: Watch, count: int) -> list[bytes]:
    told: list[bytes] = []
    while len(told) < count:
        events = await watch.next(PATIENCE_SECONDS)
        assert events
        told += [each.rendered for each in events]
    return told


@pytest.fixture
async def database(postgresql_url: str) -> AsyncIterator[Database]:
    opened = PostgresqlDatabase(postgresql_url)
    await opened.open()
    await opened.write(create, "slow", "quick")
    yield opened
    await opened.close()


@pytest.fixture
async def live(database: Database) -> AsyncIterator[LiveEvents]:
    made = LiveEvents(database, name_of)
    yield made
    await made.close()


@pytest.mark.parametrize(("is_given_up", "told"), [(False, [b"slow", b"quick"]), (True, [b"quick"])])
async def test_what_was_begun_first_is_told_first(
    database: Database, live: LiveEvents, is_given_up: bool, told: list[bytes]
) -> None:
    watch, slow = await live.watch(ALL), Slow(is_given_up=is_given_up)
    changing = asyncio.create_task(database.write(slow))
    await slow.begun()
    await database.write(describe, "quick")
    assert await watch.next(SOON_SECONDS) == []

    slow.may_end.set()

    assert await heard(watch, len(told)) == told
    await asyncio.gather(changing, return_exceptions=True)


async def test_who_begins_to_watch_waits_for_what_has_begun_before(database: Database, live: LiveEvents) -> None:
    slow = Slow(is_given_up=False)
    changing = asyncio.create_task(database.write(slow))
    await slow.begun()
    await database.write(describe, "quick")
    beginning = asyncio.create_task(live.watch(ALL))
    await asyncio.sleep(SOON_SECONDS)
    assert not beginning.done()

    slow.may_end.set()
    await changing
    watch = await beginning
    past = [told.rendered async for page in live.past(ALL, beyond=2, until=watch.since) for told in page]

    assert past == [b"slow", b"quick"]
