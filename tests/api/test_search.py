import httpx
import pytest

from tests.api.steps import MODEL, add_model, add_version, done, pointers, refused


@pytest.fixture
async def filled(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """A model with three versions, told apart by what can be counted."""
    await add_model(api, description="Who will leave, and why", tags={"team": "risk"})
    await add_version(api, description="First try", tags={"team": "risk", "cost centre": "4711"}, card="# Leave it")
    await add_version(api, description="Second", tags={"team": "risk"}, framework={"name": "torch", "version": "2"})
    await add_version(api, description="Third", tags={"team": "growth"}, params={"depth": 3})
    return api


async def test_facets_count_what_a_query_finds_by_field(filled: httpx.AsyncClient) -> None:
    found = done(await filled.get("/facets", params={"q": "team"}))

    assert (found["counted"], found["is_complete"]) == (3, True)
    facets = {
        facet["field"]: {value["value"]: value["count"] for value in facet["values"]} for facet in found["facets"]
    }
    assert facets["stage"] == {"draft": 3}
    assert facets["framework"] == {"torch": 1}
    assert facets["tag.team"] == {"risk": 2, "growth": 1}
    assert facets['tag."cost centre"'] == {"4711": 1}
    assert set(facets["owner"].values()) == {3}


async def test_each_facet_is_a_term_that_finds_what_it_counted(filled: httpx.AsyncClient) -> None:
    found = done(await filled.get("/facets"))
    for facet in found["facets"]:
        for value in facet["values"]:
            wanted = {"q": f'{facet["field"]}:"{value["value"]}"', "count": "true"}
            assert done(await filled.get("/versions", params=wanted))["total"] == value["count"]


async def test_facets_can_be_those_of_one_model(filled: httpx.AsyncClient) -> None:
    await add_model(filled, "other")
    await add_version(filled, "other")

    assert done(await filled.get("/facets", params={"model": "other"}))["counted"] == 1
    assert done(await filled.get("/facets", params={"q": "stage:draft", "model": "other"}))["counted"] == 1
    refused(await filled.get("/facets", params={"model": "nobody"}), 404, "model-not-found")
    refused(await filled.get("/facets", params={"q": "stage:"}), 400, "query-syntax")


@pytest.mark.parametrize(
    ("term", "texts"),
    [
        ("sta", ["stage:"]),
        ("stage:", ["stage:draft", "stage:staging", "stage:production", "stage:archived"]),
        ("stage:pro", ["stage:production"]),
        ("tag.", ['tag."cost centre":', "tag.team:"]),
        ("tag.te", ["tag.team:"]),
        ('tag."co', ['tag."cost centre":']),
        ("tag.team:r", ["tag.team:risk"]),
        ('tag."cost centre":4', ['tag."cost centre":"4711"']),
        ("framework:", ["framework:torch"]),
        ("param.", ["param.depth:"]),
        ("chu", ["model:churn"]),
        ("model:ch", ["model:churn"]),
        ("gro", ["tag.team:growth"]),
        ("metric.", []),
        ("nothing.like:this", []),
        ("created:", []),
        ('"', []),
    ],
)
async def test_a_term_is_completed_by_what_is_there(filled: httpx.AsyncClient, term: str, texts: list[str]) -> None:
    found = done(await filled.get("/suggest", params={"term": term}))

    assert [item["text"] for item in found["items"]] == texts
    for item in found["items"]:
        if not item["text"].endswith((":", ".")):
            done(await filled.get("/versions", params={"q": item["text"]}))


async def test_no_more_is_suggested_than_asked_for(filled: httpx.AsyncClient) -> None:
    assert len(done(await filled.get("/suggest", params={"limit": 3}))["items"]) == 3
    assert pointers(refused(await filled.get("/suggest", params={"limit": 51}), 422, "invalid-input")) == ["limit"]
    assert pointers(refused(await filled.get("/suggest", params={"term": "x" * 301}), 422, "invalid-input")) == ["term"]


async def test_highlights_tell_where_the_words_stand(filled: httpx.AsyncClient) -> None:
    wanted = {"q": "LEAVE or second", "highlight": "true"}
    found = done(await filled.get(f"{MODEL}/versions", params=wanted))

    assert [item["number"] for item in found["items"]] == [2, 1]
    assert found["highlights"] == [
        [{"field": "description", "snippet": "Second", "ranges": [[0, 6]]}],
        [{"field": "card", "snippet": "# Leave it", "ranges": [[2, 7]]}],
    ]
    of_models = done(await filled.get("/models", params={"q": "why leave", "highlight": "true"}))
    assert of_models["highlights"] == [
        [{"field": "description", "snippet": "Who will leave, and why", "ranges": [[9, 14], [20, 23]]}]
    ]
    assert "highlights" not in done(await filled.get("/versions", params={"q": "leave"}))


async def test_relevance_needs_words(filled: httpx.AsyncClient) -> None:
    for address in ("/models", "/versions"):
        response = await filled.get(address, params={"q": "tag.team:risk", "sort": "relevance"})
        assert pointers(refused(response, 422, "invalid-input")) == ["sort"]
        done(await filled.get(address, params={"q": "risk", "sort": "relevance"}))


@pytest.mark.parametrize("sort", ["metric.", "metric.a@b@c", "param.", "-", "tag.team", "relevance,name"])
async def test_an_order_that_means_nothing_is_refused(filled: httpx.AsyncClient, sort: str) -> None:
    response = await filled.get("/versions", params={"q": "risk", "sort": sort})

    assert pointers(refused(response, 422, "invalid-input")) == ["sort"]


async def test_a_cursor_of_another_order_is_refused(filled: httpx.AsyncClient) -> None:
    page = done(await filled.get("/versions", params={"sort": "-param.depth", "limit": 1}))
    wanted = {"limit": 1, "cursor": page["next_cursor"]}

    assert done(await filled.get("/versions", params={"sort": "-param.depth", **wanted}))["items"][0]["number"] == 2
    for sort in ("param.depth", "-param.other", "-metric.depth", "name", ""):
        refused(await filled.get("/versions", params={"sort": sort, **wanted}), 400, "invalid-cursor")
