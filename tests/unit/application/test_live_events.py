"""Watching what happens: who is told, who is let go, and what a lost database changes."""

from collections.abc import AsyncIterator

import pytest

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.application.services import catalog, live_events
from modelyard.application.services.live_events import LiveEvents, Watch
from modelyard.domain.errors import DatabaseUnavailable
from modelyard.domain.event import Action, Event
from tests.factories import ADA, Workshop, model_draft

PATIENCE_SECONDS = 30.0
ALL = EventFilter()


def rendered(event: Event) -> bytes:
    return event.change.model.encode()


@pytest.fixture
async def live(database: Database) -> AsyncIterator[LiveEvents]:
    made = LiveEvents(database, rendered)
    yield made
    await made.close()


async def next_of(watch: Watch) -> list[str]:
    told = await watch.next(PATIENCE_SECONDS)
    assert told is not None
    return [each.rendered.decode() for each in told]


def create(tx: Transaction, *names: str) -> None:
    for name in names:
        catalog.create_model(tx, ADA, model_draft(name=name))


async def test_each_watcher_is_told_what_fits(live: LiveEvents, database: Database) -> None:
    everything = await live.watch(ALL)
    deletions = await live.watch(EventFilter(action=Action.MODEL_DELETED))
    await database.write(create, "churn")
    assert await next_of(everything) == ["churn"]

    await database.write(lambda tx: catalog.delete_model(tx, ADA, "churn", None, is_forced=False))

    assert await next_of(deletions) == ["churn"]


async def test_what_happened_before_is_past(live: LiveEvents, database: Database) -> None:
    await database.write(create, "one", "two", "three")
    watch = await live.watch(ALL)

    pages = [page async for page in live.past(ALL, beyond=1, until=watch.since)]

    assert [told.rendered for page in pages for told in page] == [b"two", b"three"]
    await database.write(create, "four")
    assert await next_of(watch) == ["four"]


async def test_who_falls_too_far_behind_is_let_go_and_others_go_on(
    live: LiveEvents, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_events, "MAX_WAITING", 3)
    slow, quick = await live.watch(ALL), await live.watch(ALL)
    heard: list[str] = []
    for name in ("one", "two", "three", "four"):
        await database.write(create, name)
        while name not in heard:
            heard += await next_of(quick)

    assert await slow.next(PATIENCE_SECONDS) is None
    assert heard == ["one", "two", "three", "four"]


async def test_the_end_is_told_to_all_and_to_those_who_come_later(live: LiveEvents) -> None:
    watch = await live.watch(ALL)
    live.end()

    assert await watch.next(PATIENCE_SECONDS) is None
    assert await (await live.watch(ALL)).next(PATIENCE_SECONDS) is None


async def test_watching_begins_again_after_the_last_has_left(
    live: LiveEvents, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_events, "_LOOK_SECONDS", 0.01)
    live.leave(await live.watch(ALL))
    await database.write(create, "unseen")
    watch = await live.watch(ALL)
    await database.write(create, "churn")

    heard: list[str] = []
    while "churn" not in heard:
        heard += await next_of(watch)

    assert heard in (["churn"], ["unseen", "churn"])


async def test_a_database_that_is_not_there_is_told_to_who_begins(workshop: Workshop, database: Database) -> None:
    await workshop.model()
    closed = LiveEvents(database, rendered)
    await database.close()

    with pytest.raises(DatabaseUnavailable):
        await closed.watch(ALL)
    await closed.close()
