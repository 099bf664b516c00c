import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from modelyard.application.ports.database import Database
from modelyard.application.queries.listing import list_models, list_newest_versions, list_versions
from modelyard.application.queries.page import Page, PageRequest
from modelyard.application.services import catalog, publishing
from modelyard.domain.errors import InvalidInput, ModelNotFound, QuerySyntaxError
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import VersionPatch, VersionSummary
from modelyard.domain.reference import ByNumber
from modelyard.domain.registered_model import ModelPatch, RegisteredModel
from tests.factories import ADA, Workshop
from tests.fakes.clock import FixedClock

NAMES = ["b", "B", "é", "z", "a.b", "a b", "Ab", "ab", "猫", "e", "ß"]

MODEL_SORTS = ["name", "-name", "created_at", "-updated_at", "-updated_at,name", "created_at,-updated_at,-name"]
FIELDS = ["created_at", "updated_at", "number", "model", "stage", "size_bytes"]
VERSION_SORTS = [
    *(sign + field for field in FIELDS for sign in ("", "-")),
    "stage,-size_bytes",
    "-model,number",
    "model,-created_at,stage",
    "-updated_at,-created_at",
    "size_bytes,stage,-number",
]

Listed = RegisteredModel | VersionSummary
Lister = Callable[[PageRequest], Awaitable[Page[Any]]]


async def walked(lister: Lister, sort: str, limit: int) -> list[Any]:
    """All pages, one after the other."""
    items: list[Any] = []
    cursor = None
    for _ in itertools.count():
        page = await lister(PageRequest(sort=sort, limit=limit, cursor=cursor))
        assert len(page.items) == limit or page.next_cursor is None
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return items


def in_order(items: list[Any], sort: str, unique: str) -> list[Any]:
    """Sorted by Python, which compares text as the database should: code point by code point."""
    keys = sort.split(",")
    if unique not in {key.removeprefix("-") for key in keys}:
        keys.append(("-" if keys[0].startswith("-") else "") + unique)
    for key in reversed(keys):
        items = sorted(items, key=lambda item: getattr(item, key.removeprefix("-")), reverse=key.startswith("-"))
    return items


@pytest.fixture
async def crowd(database: Database, workshop: Workshop, clock: FixedClock) -> None:
    """Models and versions among which many values are equal."""
    moves: list[list[Stage]] = [[], [Stage.STAGING], [Stage.STAGING, Stage.PRODUCTION], [Stage.ARCHIVED]]
    files = [await workshop.blob(b"x" * size) for size in (1, 2)]
    for place, name in enumerate(NAMES):
        clock.advance(milliseconds=place % 3)
        await workshop.model(name)
        for number in range(1, 5):
            version = await workshop.version(name, *files[: (place + number) % 3])
            await workshop.move(version, *moves[(place * number) % 4])
    clock.advance(seconds=1)
    for name in NAMES[::2]:
        await database.write(catalog.update_model, ADA, name, ModelPatch(description="touched"), None)
        await database.write(publishing.update_version, ADA, name, ByNumber(2), VersionPatch(card="touched"), None)


def models(database: Database) -> Lister:
    return lambda request: database.scan(list_models, request)


def versions(database: Database, model: str | None) -> Lister:
    return lambda request: database.scan(list_versions, model, request)


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("sort", MODEL_SORTS)
async def test_the_pages_of_models_are_exactly_the_sorted_whole(database: Database, sort: str) -> None:
    whole = in_order([await database.read(catalog.read_model, name) for name in NAMES], sort, "name")

    for limit in (1, 3, len(NAMES), 500):
        assert await walked(models(database), sort, limit) == whole


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("sort", VERSION_SORTS)
async def test_the_pages_of_all_versions_are_exactly_the_sorted_whole(database: Database, sort: str) -> None:
    every = await walked(versions(database, None), "", 500)
    assert len(every) == len(NAMES) * 4

    for limit in (7, 44):
        assert await walked(versions(database, None), sort, limit) == in_order(every, sort, "id")


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("sort", VERSION_SORTS)
async def test_the_pages_of_one_models_versions_are_exactly_the_sorted_whole(database: Database, sort: str) -> None:
    every = [version for version in await walked(versions(database, None), "", 500) if version.model == "é"]

    for limit in (1, 3, 4):
        assert await walked(versions(database, "é"), sort, limit) == in_order(every, sort, "number")


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("model", "sort"), [(None, "-created_at"), ("é", "-number")], ids=["of all models", "of one model"]
)
async def test_the_newest_versions_come_first_by_default(database: Database, model: str | None, sort: str) -> None:
    default = await walked(versions(database, model), "", 3)

    assert default == await walked(versions(database, model), sort, 3)


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("limit", [1, 3, 4, 500])
async def test_the_plain_list_of_a_model_is_the_same_by_one_statement(database: Database, limit: int) -> None:
    request = PageRequest(limit=limit)
    listed = await database.scan(list_versions, "a.b", request)
    assert await database.scan(list_newest_versions, "a.b", request) == listed
    assert await database.scan(list_newest_versions, "nothing", request) is None


@pytest.mark.usefixtures("crowd")
async def test_what_comes_meanwhile_neither_repeats_nor_hides_what_was_there(
    database: Database, workshop: Workshop
) -> None:
    there = {model.name for model in await walked(models(database), "name", 500)}
    seen: list[str] = []
    cursor = None
    for place in itertools.count():
        page = await database.scan(list_models, PageRequest(sort="name", limit=2, cursor=cursor))
        seen += [model.name for model in page.items]
        await workshop.model(f"{page.items[0].name} {place}")
        await workshop.model(f"0 {place}")
        cursor = page.next_cursor
        if cursor is None:
            break

    assert sorted(set(seen)) == seen
    assert there <= set(seen)


@pytest.mark.usefixtures("crowd")
async def test_what_goes_meanwhile_hides_nothing_else(database: Database) -> None:
    first = await database.scan(list_models, PageRequest(limit=3))
    await database.write(catalog.delete_model, ADA, first.items[-1].name, None, is_forced=True)

    second = await database.scan(list_models, PageRequest(limit=500, cursor=first.next_cursor))

    assert [model.name for model in (*first.items, *second.items)] == sorted(NAMES)


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(("q", "total"), [("", 44), ("stage:production", 8), ("nothing-like-it", 0)])
async def test_a_total_is_counted_where_it_is_asked_for(database: Database, q: str, total: int) -> None:
    counted = await database.scan(list_versions, None, PageRequest(q=q, limit=1, is_counted=True))
    plain = await database.scan(list_versions, None, PageRequest(q=q, limit=1))

    assert (counted.total, plain.total) == (total, None)


@pytest.mark.usefixtures("crowd")
async def test_a_total_is_of_the_list_that_was_asked_for(database: Database) -> None:
    of_model = await database.scan(list_versions, "é", PageRequest(limit=1, is_counted=True))
    of_models = await database.scan(list_models, PageRequest(q="touched", limit=1, is_counted=True))

    assert (of_model.total, of_models.total) == (4, 6)


@pytest.mark.usefixtures("crowd")
async def test_counting_stops_at_its_bound(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelyard.application.queries.listing.MAX_COUNT", 5)

    assert (await database.scan(list_models, PageRequest(is_counted=True))).total == 5
    assert (await database.scan(list_versions, None, PageRequest(is_counted=True))).total == 5


async def test_an_empty_list_has_no_next_page(database: Database) -> None:
    assert await database.scan(list_models, PageRequest(is_counted=True)) == Page(items=[], next_cursor=None, total=0)


async def test_a_list_of_a_model_that_is_not_there_is_refused(database: Database) -> None:
    with pytest.raises(ModelNotFound):
        await database.scan(list_versions, "churn", PageRequest())


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (PageRequest(q="stage:"), QuerySyntaxError),
        (PageRequest(q="\ud800"), QuerySyntaxError),
        (PageRequest(sort="id"), InvalidInput),
        (PageRequest(limit=10**20), InvalidInput),
    ],
)
async def test_a_request_against_the_rules_is_refused(
    database: Database, request_: PageRequest, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await database.scan(list_models, request_)
    with pytest.raises(error):
        await database.scan(list_versions, None, request_)
