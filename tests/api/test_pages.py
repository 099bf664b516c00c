import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from tests.api.steps import MODEL, Document, add_model, add_version, done, move, pointers, refused

Key = Callable[[Document], Any]
LISTS = ["/models", "/versions", f"{MODEL}/versions", "/events", f"{MODEL}/events", f"{MODEL}/versions/1/transitions"]
SEARCHES = LISTS[:3]


@pytest.fixture
async def filled(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """Five models, of which one has seven versions; the first of them moved five times."""
    for index in range(5):
        await add_model(api, f"model-{index}", description=f"number {index}", tags={"even": str(index % 2 == 0)})
    for index in range(7):
        await add_version(api, files={"a": b"x" * (index % 3)}, description="tree" if index < 4 else "forest")
    await move(api, 1, *("staging", "draft") * 2, "archived")
    return api


async def pages(api: httpx.AsyncClient, address: str, **wanted: Any) -> AsyncIterator[list[Any]]:
    """All pages of a list, by `next_cursor`; the link leads to the same page."""
    page = await api.get(address, params=wanted)
    while True:
        document = done(page)
        yield document["items"]
        cursor = document["next_cursor"]
        if cursor is None:
            assert "link" not in page.headers
            return
        following = await api.get(address, params=wanted | {"cursor": cursor})
        [link] = re.findall(r'^<([^>]+)>; rel="next"$', page.headers["link"])
        assert (await api.get(link.removeprefix("/api/v1"))).content == following.content
        page = following


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("limit", [1, 3, 500])
async def test_pages_join_to_the_whole_list(filled: httpx.AsyncClient, address: str, limit: int) -> None:
    whole = done(await filled.get(address, params={"limit": 500}))["items"]
    found = [page async for page in pages(filled, address, limit=limit)]
    assert [item for page in found for item in page] == whole
    assert {len(page) for page in found[:-1]} <= {limit}
    assert len(whole) >= 5


@pytest.mark.parametrize(
    ("address", "sort", "key"),
    [
        ("/models", "-name", lambda item: item["name"]),
        ("/models", "created_at", lambda item: (item["created_at"], item["name"])),
        ("/models", "-updated_at,name", None),
        ("/versions", "model,-number", None),
        ("/versions", "size_bytes,-number", lambda item: (item["size_bytes"], -item["number"])),
        (f"{MODEL}/versions", "stage,number", lambda item: (item["stage"], item["number"])),
        (f"{MODEL}/versions", "number", lambda item: item["number"]),
        ("/events", "sequence", lambda item: item["sequence"]),
    ],
)
async def test_each_order_is_kept_across_pages(
    filled: httpx.AsyncClient, address: str, sort: str, key: Key | None
) -> None:
    found = [item async for page in pages(filled, address, sort=sort, limit=2) for item in page]
    assert found == done(await filled.get(address, params={"sort": sort, "limit": 500}))["items"]
    if key is not None:
        assert found == sorted(found, key=key, reverse=sort.startswith("-"))


async def test_what_comes_and_goes_between_pages_moves_no_other_row(filled: httpx.AsyncClient) -> None:
    first = done(await filled.get("/models", params={"limit": 3}))
    await add_model(filled, "aaa")
    done(await filled.delete("/models/model-0"))
    rest = done(await filled.get("/models", params={"limit": 3, "cursor": first["next_cursor"]}))
    assert [item["name"] for item in first["items"] + rest["items"]] == ["churn", *(f"model-{i}" for i in range(5))]


@pytest.mark.parametrize(("address", "count"), [("/models", 6), ("/versions", 7), (f"{MODEL}/versions", 7)])
async def test_a_total_is_counted_only_when_asked_for(filled: httpx.AsyncClient, address: str, count: int) -> None:
    assert done(await filled.get(address))["total"] is None
    page = done(await filled.get(address, params={"count": "true", "limit": 2}))
    assert (page["total"], len(page["items"])) == (count, 2)


@pytest.mark.parametrize(
    ("address", "q", "found"),
    [
        ("/models", "number", 5),
        ("/models", "tag.even:True", 3),
        ("/versions", "forest", 3),
        ("/versions", "stage:archived", 1),
        (f"{MODEL}/versions", "stage:draft and tree", 3),
        (f"{MODEL}/versions", "number:5", 1),
        (f"{MODEL}/versions", "100% _ñ", 0),
    ],
)
async def test_a_query_chooses_and_is_kept_across_pages(
    filled: httpx.AsyncClient, address: str, q: str, found: int
) -> None:
    items = [item async for page in pages(filled, address, q=q, limit=1) for item in page]
    assert len(items) == found
    assert done(await filled.get(address, params={"q": q, "count": "true"}))["total"] == found


@pytest.mark.parametrize("address", SEARCHES)
async def test_a_query_that_does_not_parse_says_where_and_what_was_expected(
    filled: httpx.AsyncClient, address: str
) -> None:
    problem = refused(await filled.get(address, params={"q": "name:(a"}), 400, "query-syntax")
    assert problem["position"] >= len("name:")
    assert problem["hint"]
    problem = refused(await filled.get(address, params={"q": "nmae:a"}), 400, "query-syntax")
    assert "name" in problem["hint"]


@pytest.mark.parametrize("address", LISTS)
async def test_a_cursor_that_was_not_handed_out_is_refused(filled: httpx.AsyncClient, address: str) -> None:
    for cursor in ("", "x", "bGFzdA", "a" * 5000, "💥", "null"):
        refused(await filled.get(address, params={"cursor": cursor}), 400, "invalid-cursor")


@pytest.mark.parametrize("other", [{"sort": "-name"}, {"q": "number"}])
async def test_a_cursor_belongs_to_its_query_and_order(filled: httpx.AsyncClient, other: dict[str, str]) -> None:
    cursor = done(await filled.get("/models", params={"limit": 1}))["next_cursor"]
    refused(await filled.get("/models", params={"cursor": cursor} | other), 400, "invalid-cursor")
    refused(await filled.get("/versions", params={"cursor": cursor}), 400, "invalid-cursor")


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", limit) for limit in ("0", "-1", "501", "1" + "0" * 20, "1.5", "ten", "", "1e2", "NaN", "\uff11")]
    + [("sort", sort) for sort in ("nothing", "-", ",", "name,", "--name", "NAME", "name;drop", "x" * 201)],
)
async def test_a_parameter_against_its_rule_is_named(filled: httpx.AsyncClient, name: str, value: str) -> None:
    for address in LISTS:
        problem = refused(await filled.get(address, params={name: value}), 422, "invalid-input")
        assert pointers(problem) == [name]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limt=1", "Did you mean 'limit'?"),
        ("page=2", "It takes"),
        ("limit=1&limit=2", "given twice"),
        ("Limit=1", "limit"),
    ],
)
async def test_unknown_and_repeated_parameters_are_refused(filled: httpx.AsyncClient, query: str, message: str) -> None:
    for address in LISTS:
        problem = refused(await filled.get(f"{address}?{query}"), 422, "invalid-input")
        assert message in problem["detail"]


async def test_a_link_leads_on_for_names_in_any_alphabet(api: httpx.AsyncClient) -> None:
    for _ in range(2):
        await add_version(api, "größe a&b=c")
    found = [page async for page in pages(api, "/models/größe a&b=c/versions", limit=1, q="stage:draft")]
    assert len(found) == 2
