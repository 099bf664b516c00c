import itertools
import random
from dataclasses import replace
from typing import Any

import pytest

from modelyard.application.ports.database import Database
from modelyard.application.ports.events import EventFilter
from modelyard.application.queries.history import list_events, list_transitions
from modelyard.application.queries.page import PageRequest
from modelyard.application.services import aliasing, catalog, publishing
from modelyard.domain.errors import InvalidInput, ModelNotFound, RegistryError, VersionNotFound
from modelyard.domain.event import REGISTRY_CHAIN, Action, Event, hash_of
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import VersionPatch
from modelyard.domain.reference import ByNumber, Latest
from modelyard.domain.registered_model import ModelPatch
from tests.factories import ADA, BOB, Workshop, model_draft, version_draft
from tests.fakes.clock import FixedClock

STAGING, PRODUCTION = Stage.STAGING, Stage.PRODUCTION


def assert_chained(events: list[Event]) -> None:
    """Every chain begins at 1, has no gaps, and each hash follows from what is recorded and from the hash before."""
    assert [event.sequence for event in events] == sorted({event.sequence for event in events})
    heads: dict[int, Event] = {}
    for event in events:
        last = heads.get(event.change.chain)
        assert event.position == (last.position + 1 if last else 1)
        assert event.previous_hash == (last.hash if last else None)
        assert event.hash == hash_of(event.change, event.position, event.previous_hash)
        heads[event.change.chain] = event


async def walked(database: Database, model: str | None, wanted: EventFilter, **request: Any) -> list[Event]:
    events: list[Event] = []
    cursor = None
    for _ in itertools.count():
        page = await database.scan(list_events, model, wanted, PageRequest(cursor=cursor, **request))
        events += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return events


@pytest.fixture
async def busy(database: Database, workshop: Workshop) -> None:
    """Two models with some history; the first has another name than at first."""
    await workshop.model("churn")
    version = await workshop.version("churn")
    await workshop.move(version, STAGING, PRODUCTION)
    await workshop.alias(version, "champion")
    await workshop.measure(version, "auc", 0.9)
    await workshop.model("fraud")
    await workshop.version("fraud")
    await database.write(catalog.rename_model, BOB, "churn", "leavers", None)
    await workshop.version("leavers")


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_the_pages_of_the_history_are_the_whole_in_both_directions(
    database: Database, workshop: Workshop, limit: int
) -> None:
    whole = await workshop.events()

    assert await walked(database, None, EventFilter(), sort="sequence", limit=limit) == whole
    assert await walked(database, None, EventFilter(), limit=limit) == whole[::-1]
    assert_chained(whole)


@pytest.mark.usefixtures("busy")
async def test_a_models_history_holds_what_happened_under_its_former_name(database: Database) -> None:
    events = await walked(database, "leavers", EventFilter(), sort="sequence")

    assert [event.change.model for event in events] == ["churn"] * 6 + ["leavers"] * 2
    with pytest.raises(ModelNotFound):
        await walked(database, "churn", EventFilter())


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (EventFilter(model="churn"), 6),
        (EventFilter(version=1), 6),
        (EventFilter(version=1, model="churn"), 5),
        (EventFilter(action=Action.VERSION_STAGE_CHANGED), 2),
        (EventFilter(actor="bob"), 1),
        (EventFilter(actor="bob", action=Action.MODEL_CREATED), 0),
    ],
)
async def test_a_filter_leaves_what_fits(
    database: Database, workshop: Workshop, wanted: EventFilter, count: int
) -> None:
    events = await walked(database, None, wanted, limit=2)

    assert len(events) == count
    whole = await workshop.events()
    assert [event for event in whole[::-1] if event in events] == events


@pytest.mark.usefixtures("busy")
async def test_the_transitions_of_a_version_are_its_stage_changes(database: Database, workshop: Workshop) -> None:
    await workshop.move(await workshop.version("fraud"), STAGING)

    page = await database.scan(list_transitions, "leavers", ByNumber(1), PageRequest())

    assert [(event.change.after or {})["stage"] for event in page.items] == ["production", "staging"]
    with pytest.raises(VersionNotFound):
        await database.scan(list_transitions, "leavers", ByNumber(9), PageRequest())


async def test_the_history_is_sorted_by_nothing_but_its_sequence(database: Database) -> None:
    with pytest.raises(InvalidInput):
        await database.scan(list_events, None, EventFilter(), PageRequest(sort="at"))


async def test_the_history_of_a_deleted_model_stays(database: Database, workshop: Workshop) -> None:
    model = await workshop.model("churn")
    await workshop.version("churn")
    await database.write(catalog.delete_model, ADA, "churn", None, is_forced=False)
    await workshop.model("churn")

    events = await walked(database, None, EventFilter(model_id=model.id), sort="sequence")

    assert [event.change.action for event in events] == [
        Action.MODEL_CREATED,
        Action.VERSION_REGISTERED,
        Action.MODEL_DELETED,
    ]
    assert_chained(await workshop.events())


@pytest.mark.usefixtures("busy")
async def test_an_edit_of_the_past_breaks_its_chain(workshop: Workshop) -> None:
    events = await workshop.events()
    place = next(place for place, event in enumerate(events) if event.change.chain != REGISTRY_CHAIN)
    edited = replace(events[place].change, actor="mallory")

    with pytest.raises(AssertionError):
        assert_chained([*events[:place], replace(events[place], change=edited), *events[place + 1 :]])
    with pytest.raises(AssertionError):
        assert_chained(events[:place] + events[place + 1 :])


CHANGES: list[Any] = [
    lambda tx, name, _: catalog.create_model(tx, ADA, model_draft(name=name)),
    lambda tx, name, _: publishing.register_version(tx, BOB, name, version_draft(metadata={"x": 1e20, "y": 0.1})),
    lambda tx, name, _: publishing.register_version(tx, BOB, name, version_draft(tags={"é": "\u2028"})),
    lambda tx, name, draw: catalog.update_model(tx, ADA, name, ModelPatch(description=str(draw.randint(0, 2))), None),
    lambda tx, name, draw: publishing.update_version(
        tx, ADA, name, Latest(), VersionPatch(metadata={"x": draw.choice([1, True, 1.5, 1e20, None])}), None
    ),
    lambda tx, name, draw: aliasing.point_alias(tx, BOB, name, "champion", ByNumber(draw.randint(1, 3)), None),
    lambda tx, name, draw: aliasing.point_alias(
        tx, BOB, name, "champion", ByNumber(1), None, is_protected=draw.choice([None, True, False])
    ),
    lambda tx, name, _: aliasing.delete_alias(tx, BOB, name, "champion", None),
    lambda tx, name, draw: publishing.delete_version(
        tx, ADA, name, ByNumber(draw.randint(1, 9)), None, is_forced=False
    ),
    lambda tx, name, draw: catalog.rename_model(tx, ADA, name, draw.choice("abcd"), None),
    lambda tx, name, draw: catalog.delete_model(tx, ADA, name, None, is_forced=draw.random() < 0.3),
]


@pytest.mark.parametrize("seed", range(3))
async def test_after_any_changes_every_chain_is_whole_and_every_change_has_one_event(
    database: Database, workshop: Workshop, clock: FixedClock, seed: int
) -> None:
    draw = random.Random(seed)
    before, history = await workshop.dump(), await workshop.events()
    for _ in range(120):
        clock.advance(milliseconds=draw.randint(0, 2))
        change, name = draw.choice(CHANGES), draw.choice("abcd")
        try:
            await database.write(change, name, draw)
        except RegistryError:
            assert await workshop.dump() == before
            continue
        after, events = await workshop.dump(), await workshop.events()
        assert len(events) - len(history) == (after != before)
        assert events[: len(history)] == history
        before, history = after, events
    assert len(history) > 20
    assert_chained(history)
