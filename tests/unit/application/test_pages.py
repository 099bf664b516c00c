import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.application.ports.database import Database
from modelyard.application.ports.events import EventFilter
from modelyard.application.ports.search import SortKey
from modelyard.application.queries.history import list_events
from modelyard.application.queries.listing import MODEL_ORDER, VERSION_ORDER, list_models, list_versions
from modelyard.application.queries.page import PageRequest, window_of
from modelyard.domain.bounds import MAX_PAGE_ITEMS
from modelyard.domain.errors import InvalidCursor, InvalidInput
from tests.factories import Workshop
from tests.strategies import json_values


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("", [("name", False)]),
        ("name", [("name", False)]),
        ("-name", [("name", True)]),
        ("-updated_at", [("updated_at", True), ("name", True)]),
        ("created_at", [("created_at", False), ("name", False)]),
        ("-created_at,name", [("created_at", True), ("name", False)]),
        ("name,-created_at", [("name", False), ("created_at", True)]),
    ],
)
def test_an_order_ends_in_the_unique_field(text: str, sort: list[tuple[str, bool]]) -> None:
    assert MODEL_ORDER.sort(text) == tuple(SortKey(*key) for key in sort)


@pytest.mark.parametrize(
    "text", ["id", "size", "--name", "-", ",", "name,", "name,name", "name,-name", "Name", "\ud800"]
)
def test_no_other_order_is_taken(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        MODEL_ORDER.sort(text)

    assert [error.pointer for error in refusal.value.errors] == ["sort"]
    assert refusal.value.message.isprintable()


@pytest.mark.parametrize("limit", [1, MAX_PAGE_ITEMS])
def test_a_limit_is_1_to_500(limit: int) -> None:
    assert window_of(PageRequest(limit=limit), MODEL_ORDER, "models").limit == limit


@pytest.mark.parametrize("limit", [0, -1, MAX_PAGE_ITEMS + 1, 10**20, -(10**20)])
def test_no_other_limit_is_taken(limit: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        window_of(PageRequest(limit=limit), MODEL_ORDER, "models")

    assert [error.pointer for error in refusal.value.errors] == ["limit"]


async def cursor_of(database: Database, **request: Any) -> str:
    cursor = (await database.scan(list_models, PageRequest(limit=1, **request))).next_cursor
    assert cursor is not None
    return cursor


@pytest.fixture
async def three_models(workshop: Workshop) -> None:
    for name in ("a", "b", "c"):
        await workshop.model(name, description="same", tags={})
        await workshop.version(name)
        await workshop.version(name)


@pytest.mark.usefixtures("three_models")
async def test_a_cursor_belongs_to_its_list_query_and_order(database: Database, workshop: Workshop) -> None:
    cursor = await cursor_of(database, q="same", sort="-created_at")
    whole = await database.scan(list_models, PageRequest(q="same", sort="-created_at", cursor=cursor))
    assert len(whole.items) == 2

    for request in (
        PageRequest(q="same", sort="created_at", cursor=cursor),
        PageRequest(q="same", sort="-created_at,-name", cursor=cursor, limit=2),
        PageRequest(q="", sort="-created_at", cursor=cursor),
        PageRequest(q="same", cursor=cursor),
    ):
        if MODEL_ORDER.sort(request.sort) == MODEL_ORDER.sort("-created_at") and request.q == "same":
            continue
        with pytest.raises(InvalidCursor):
            await database.scan(list_models, request)
    for model in (None, "a"):
        with pytest.raises(InvalidCursor):
            await database.scan(list_versions, model, PageRequest(q="same", sort="-created_at", cursor=cursor))


@pytest.mark.usefixtures("three_models")
async def test_a_cursor_of_one_models_list_is_none_of_anothers(database: Database) -> None:
    for one, other in (("a", "b"), ("a", None), (None, "a")):
        page = await database.scan(list_versions, one, PageRequest(limit=1))
        with pytest.raises(InvalidCursor):
            await database.scan(list_versions, other, PageRequest(limit=1, cursor=page.next_cursor))
        history = await database.scan(list_events, one, EventFilter(), PageRequest(limit=1))
        with pytest.raises(InvalidCursor):
            await database.scan(list_events, other, EventFilter(), PageRequest(limit=1, cursor=history.next_cursor))
        with pytest.raises(InvalidCursor):
            await database.scan(
                list_events, one, EventFilter(actor="ada"), PageRequest(limit=1, cursor=history.next_cursor)
            )


def forged(document: object) -> str:
    """A cursor whose checksum is right, as anyone can make it who reads the source."""
    raw = json.dumps(document).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(raw).hexdigest()[:8].encode() + raw).decode().rstrip("=")


def seal_of(cursor: str) -> str:
    document: list[str] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[8:])
    return document[0]


FUZZED = settings(max_examples=200)


@FUZZED
@given(
    st.text(max_size=80)
    | st.text("ABCabc019-_=", max_size=200)
    | st.binary(max_size=90).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
async def test_no_other_text_is_a_cursor(database: Database, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        await database.scan(list_models, PageRequest(cursor=cursor))


@FUZZED
@given(st.data())
async def test_a_damaged_cursor_is_refused(database: Database, workshop: Workshop, data: st.DataObject) -> None:
    if not (await database.scan(list_models, PageRequest(limit=1))).items:
        await workshop.model("a")
        await workshop.model("b")
    cursor = await cursor_of(database)
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.sampled_from("ABCXYZabcxyz0189-_").filter(lambda letter: letter != cursor[place]))
    damaged = cursor[:place] + other + cursor[place + 1 :]

    try:
        page = await database.scan(list_models, PageRequest(cursor=damaged))
    except InvalidCursor:
        return
    assert place == len(cursor) - 1
    assert [model.name for model in page.items] == ["b"]


@FUZZED
@given(
    st.lists(json_values | st.integers() | st.sampled_from([10**30, -(2**63) - 1, "\ud800", "\0", True]), max_size=4)
)
async def test_a_forged_cursor_is_a_cursor_or_refused(database: Database, workshop: Workshop, after: list[Any]) -> None:
    if not (await database.scan(list_models, PageRequest(limit=1))).items:
        await workshop.model("a")
        await workshop.model("b")
    for sort in ("name", "-created_at"):
        seal = seal_of(await cursor_of(database, sort=sort))
        for values in (after, [1, *after], [*after, "a"]):
            try:
                await database.scan(list_models, PageRequest(sort=sort, cursor=forged([seal, *values])))
            except InvalidCursor:
                continue


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "=",
        "A" * 4_001,
        "A" * 4_000,
        "é",
        "\ud800",
        forged({}),
        forged([]),
        forged("x"),
        forged([["x"]]),
        forged([1, 2]),
    ],
)
def test_nothing_like_these_is_a_cursor(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        window_of(PageRequest(cursor=cursor), VERSION_ORDER, "versions/")


@pytest.mark.parametrize(
    "after",
    [
        [10**19, "a"],
        [-(10**19), "a"],
        [1.5, "a"],
        [True, "a"],
        [1, "\ud800"],
        [1, "\0"],
        ["1", "a"],
        [1],
        [1, "a", 2],
        [None, "a"],
    ],
)
async def test_a_forged_cursor_with_values_no_row_can_have_is_refused(
    database: Database, three_models: None, after: list[Any]
) -> None:
    seal = seal_of(await cursor_of(database, sort="-created_at"))

    with pytest.raises(InvalidCursor):
        await database.scan(list_models, PageRequest(sort="-created_at", cursor=forged([seal, *after])))


def test_deeply_nested_json_is_no_cursor() -> None:
    raw = b"[" * 2_500
    cursor = base64.urlsafe_b64encode(hashlib.sha256(raw).hexdigest()[:8].encode() + raw).decode().rstrip("=")

    with pytest.raises(InvalidCursor):
        window_of(PageRequest(cursor=cursor), MODEL_ORDER, "models")
