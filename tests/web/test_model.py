"""The page of a model."""

import re

import httpx
import pytest

from tests.api.access import Guarded
from tests.api.steps import add_model, add_version, done
from tests.web.pages import browser_of, link_of, shown, text_of
from tests.web.scene import MODEL

PAGE = f"/models/{MODEL}"


def table_in(page: str) -> str:
    return page[page.index("<table") : page.index("</table>")]


def versions_in(page: str) -> list[str]:
    return re.findall(r'<a class="row-title" href="[^"]*">(\d+)</a>', table_in(page))


@pytest.mark.usefixtures("scene")
async def test_it_tells_what_the_model_is_and_what_goes_on(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get(PAGE))
    text = text_of(page)
    assert "fraud-detector Edit Holds back card payments that look stolen. team: risk created by anonymous" in text
    assert versions_in(page) == ["6", "5", "4", "3", "2", "1"]
    assert "5 staging @challenger Boosted trees on 8 months of payments 0.94 0.82 16.5" in text
    assert "Waits for approval fraud-detector:5 to production bo: two points" in text
    assert "In production Roll back Version 3 by anonymous since just now" in text
    assert "@champion version 3" in text
    assert "Held against a policy of its own. To production 1 approval good enough metric.auc@holdout >= 0.9" in text
    assert "bo asked to promote version 5 to production" in text
    assert "Model card of fraud-detector:3 Fraud detector Scores card payments" in text


@pytest.mark.usefixtures("scene")
async def test_versions_are_sorted_by_the_heads_of_columns(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get(PAGE))
    highest = shown(await browser.get(link_of(table_in(page), "auc@holdout")))
    assert versions_in(highest) == ["6", "5", "3", "4", "2", "1"]
    assert re.search(r'aria-sort="descending"><a[^>]*>auc@holdout', highest)
    assert versions_in(shown(await browser.get(link_of(table_in(highest), "auc@holdout"))))[:2] == ["1", "2"]


@pytest.mark.usefixtures("scene")
async def test_metrics_are_chosen_as_columns_and_stay_chosen(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get(PAGE))
    with_loss = shown(await browser.get(link_of(page, "loss@holdout")))
    heads = re.findall(r"<th scope=\"col\"[^>]*><a[^>]*>([^<]*)", with_loss)
    assert heads[:5] == ["Version", "auc@holdout", "f1@holdout", "latency_ms", "loss@holdout"]
    sorted_page = shown(await browser.get(link_of(with_loss, "Registered")))
    assert re.findall(r"<th scope=\"col\"[^>]*><a[^>]*>([^<]*)", sorted_page) == heads


@pytest.mark.usefixtures("scene")
async def test_a_metric_is_plotted_over_the_versions(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get(PAGE, params={"metric": "f1@holdout"}))
    assert 'aria-label="f1@holdout of the versions of fraud-detector"' in page
    assert "As a table version f1@holdout 1 0.772 2 0.784" in text_of(page)
    slices = shown(await browser.get(PAGE, params={"metric": "auc@holdout/amount<50"}))
    assert "As a table version auc@holdout/amount<50 1 0.861" in text_of(slices)
    nothing = text_of(shown(await browser.get(PAGE, params={"metric": "none"})))
    assert "None of these versions has this metric." in nothing


async def test_a_model_without_versions_says_how_to_register_one(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    await add_model(api, "new model")
    text = text_of(shown(await browser.get("/models/new%20model")))
    assert "No version yet Register the first one: modelyard push 'new model' model.joblib" in text
    assert "No gates, and nobody's approval" in text


async def test_pages_of_versions_follow_each_other(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    for _ in range(27):
        await add_version(api)
    first = shown(await browser.get("/models/churn"))
    second = shown(await browser.get(link_of(first, "Next page")))
    assert [*versions_in(first), *versions_in(second)] == [str(number) for number in range(27, 0, -1)]
    assert versions_in(shown(await browser.get(link_of(second, "First page")))) == versions_in(first)


async def test_without_production_the_newest_card_speaks(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await add_version(api, card="old words")
    await add_version(api, card="new *words*")
    page = shown(await browser.get("/models/churn"))
    assert "Model card of churn:2 new words" in text_of(page)


@pytest.mark.parametrize("state", [{"columns": '"'}, {"columns": ",".join("abcdefghi")}, {"sort": "x"}, {"what": "x"}])
async def test_a_state_that_makes_no_sense_is_refused(
    browser: httpx.AsyncClient, api: httpx.AsyncClient, state: dict[str, str]
) -> None:
    await add_version(api)
    shown(await browser.get("/models/churn", params=state), 422)


async def test_hostile_names_and_texts_are_shown_as_text(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    name = "\"><script>alert(1)<!--'{{7*7}}"
    await add_model(api, name, description=name, tags={name[:20]: name})
    address = f"/models/{httpx.QueryParams({'n': name})['n']}"
    await add_version(api, "quiet", description=name, card=f"# {name}", tags={"<b>": name})
    done(await api.post("/models/quiet/versions/1/metrics", json={"metrics": [{"name": "<i>", "value": 1}]}))
    for path in (httpx.URL("http://127.0.0.1").copy_with(path=address).path, "/models/quiet", "/search", "/"):
        page = shown(await browser.get(path))
        assert "<script>alert" not in page
        assert "<b>" not in page
        assert "{{7*7}}" in page or path == "/"


async def test_a_model_that_one_may_not_see_is_not_there(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        await add_version(admin, "foreign.model")
    await guarded.enrol("ana", ("own.*", "reader"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        texts = [text_of(shown(await ana.get(f"/models/{name}"), 404)) for name in ("foreign.model", "foreign.none")]
    assert texts[0].partition("Error")[0] == texts[1].partition("Error")[0].replace("none", "model")
