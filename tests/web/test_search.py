"""The search page."""

import re

import httpx
import pytest

from tests.api.access import Guarded
from tests.api.steps import add_version
from tests.web.pages import browser_of, link_of, shown, text_of

pytestmark = pytest.mark.usefixtures("scene")


def found(page: str) -> list[str]:
    return [text_of(title).replace(" ", "") for title in re.findall(r'(?s)<a class="row-title".*?</a>', page)]


async def test_without_a_query_it_shows_the_newest(browser: httpx.AsyncClient) -> None:
    assert found(shown(await browser.get("/search")))[:3] == ["credit.limits:1", "churn:3", "churn:2"]


async def test_results_have_stage_aliases_metrics_and_their_way(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get("/search", params={"q": "alias:champion"}))
    assert found(page) == ["fraud-detector:3"]
    text = text_of(page)
    assert "fraud-detector :3 production @champion Boosted trees on 6 months of payments region: eu team: risk" in text
    assert "auc@holdout of 3 versions, from 0.892 to 0.916" in text


async def test_metrics_that_are_asked_for_come_first(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get("/search", params={"q": "metric.latency_ms > 17", "sort": "metric.f1@holdout"}))
    assert "f1@holdout 0.832 latency_ms 17.5 auc@holdout 0.952" in text_of(page)


async def test_words_are_marked_where_they_stand_and_shown_as_text(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    await add_version(api, "odd", description="<b>peculiar</b> & more")
    page = shown(await browser.get("/search", params={"q": "peculiar"}))
    assert "&lt;b&gt;<mark>peculiar</mark>&lt;/b&gt; &amp; more" in page


async def test_a_query_that_does_not_parse_is_told_where(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get("/search", params={"q": "stage:prod and"}), 400)
    assert "<code>stage:prod and<mark> </mark></code>" in page
    assert 'value="stage:prod and"' in page
    assert "Complete the query" in text_of(page)


@pytest.mark.parametrize(
    ("state", "status"), [({"sort": "colour"}, 422), ({"cursor": "bGFzdA"}, 400), ({"sort": "relevance"}, 422)]
)
async def test_what_else_cannot_be_answered_is_told_too(
    browser: httpx.AsyncClient, state: dict[str, str], status: int
) -> None:
    assert "This search cannot be answered" in text_of(shown(await browser.get("/search", params=state), status))


async def test_nothing_found_teaches_the_language(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get("/search", params={"q": "unheard-of"}))
    assert "No version fits" in text_of(page)
    assert found(shown(await browser.get(link_of(page, "stage:production")))) == ["churn:3", "fraud-detector:3"]


async def test_orders_are_links_that_keep_the_query(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get("/search", params={"q": "stage:draft"}))
    by_auc = shown(await browser.get(link_of(page, "auc@holdout, lowest")))
    assert found(by_auc)[:2] == ["churn:1", "churn:2"]
    assert 'value="stage:draft"' in by_auc
    assert "Sort: auc@holdout, lowest" in text_of(by_auc)


async def test_pages_follow_each_other_without_gaps(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    for _ in range(20):
        await add_version(api, "many")
    first = shown(await browser.get("/search"))
    second = shown(await browser.get(link_of(first, "Next page")))
    names = [*found(first), *found(second)]
    assert (len(found(first)), len(names), len(set(names))) == (25, 30, 30)
    assert "Next page" not in second
    assert found(shown(await browser.get(link_of(second, "First page")))) == found(first)


async def test_it_is_narrowed_down_by_what_is_counted(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get("/search/facets", params={"q": "fraud"}))
    assert "6 versions stage draft 2 staging 2 archived 1 production 1 framework xgboost 6 owner" in text_of(page)
    narrowed = shown(await browser.get(link_of(page, "global")))
    assert found(narrowed) == ["fraud-detector:6", "fraud-detector:4", "fraud-detector:2"]
    part = await browser.get("/search/facets", params={"q": "fraud tag.region:global", "part": "true"})
    assert "<html" not in part.text
    assert link_of(part.text, "global") == "/search?q=fraud"


async def test_stages_can_be_chosen_before_anything_is_counted(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get("/search", params={"q": "stage:draft fraud"}))
    assert link_of(page, "staging") == "/search?q=fraud+stage%3Astaging"
    assert link_of(page, "draft") == "/search?q=fraud"


async def test_it_finds_and_counts_only_what_one_may_see(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        for model in ("own.model", "foreign.model"):
            await add_version(admin, model, tags={"of": model})
    await guarded.enrol("ana", ("own.*", "reader"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        assert found(shown(await ana.get("/search"))) == ["own.model:1"]
        assert "foreign" not in shown(await ana.get("/search/facets"))
