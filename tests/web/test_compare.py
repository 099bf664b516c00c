"""Versions beside each other."""

import httpx

from tests.api.access import Guarded
from tests.api.steps import add_version, done, point
from tests.web.pages import browser_of, shown, text_of


async def measured(api: httpx.AsyncClient, model: str = "churn", count: int = 3) -> None:
    for number in range(1, count + 1):
        await add_version(api, model, params={"depth": 4 * number, "loss": "log"}, description=f"<try {number}>")
        metrics = [{"name": "auc", "value": 0.8 + number / 100, "dataset": "holdout"}]
        done(await api.post(f"/models/{model}/versions/{number}/metrics", json={"metrics": metrics}))


async def test_versions_stand_beside_each_other(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await measured(api)
    await point(api, "champion", 2)
    page = shown(await browser.get("/compare?version=churn:1&version=churn@champion&version=churn:latest&version="))
    text = text_of(page)
    assert "Compare 3 versions" in text
    assert "auc@holdout (differs) 0.81 0.82 +0.01 0.83 +0.02" in text
    assert "depth (differs) 4 8 12" in text
    assert "loss log log log" in text
    assert "&lt;try 1&gt;" in page
    assert '<svg class="parallel"' in page
    assert (
        'href="/compare?version=churn%3A1&amp;version=churn%40champion&amp;version=churn%3Alatest&amp;baseline=2"'
        in page
    )


async def test_only_what_differs_and_another_baseline_are_in_the_address(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    await measured(api)
    text = text_of(shown(await browser.get("/compare?version=churn:1&version=churn:3&baseline=2&differences=true")))
    assert "auc@holdout (differs) 0.81 \u22120.02 0.83" in text
    assert "loss" not in text


async def test_with_less_than_two_one_chooses(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    assert "There is nothing to compare yet" in text_of(shown(await browser.get("/compare")))
    await measured(api)
    await add_version(api, "fraud")
    everything = shown(await browser.get("/compare"))
    assert everything.count('type="checkbox"') == 4
    page = shown(await browser.get("/compare?version=churn:2"))
    assert page.count('type="checkbox"') == 3
    assert 'value="churn:2" checked' in page
    again = shown(await browser.get("/compare?version=churn:2&version=fraud:1&choose=true"))
    assert again.count(" checked>") == 2


async def test_the_same_version_twice_is_one(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await measured(api, count=2)
    assert "Compare versions" in text_of(shown(await browser.get("/compare?version=churn:1&version=churn:1")))


async def test_what_is_not_there_or_cannot_be_is_told(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await measured(api, count=2)
    for address, status, told in (
        ("/compare?version=churn:1&version=churn:9", 404, "churn has no version 9"),
        ("/compare?version=churn:1&version=none:1", 404, "there is no model 'none'"),
        ("/compare?version=churn", 422, "must be written model:7"),
        ("/compare?version=churn:1&version=churn:2&baseline=3", 422, "one of the 2 places"),
        ("/compare?baseline=1&baseline=1", 422, "is given twice"),
        ("/compare?versions=churn:1", 422, "is no parameter of this address"),
        ("/compare?" + "&".join(f"version=churn:{number}" for number in range(1, 103)), 422, "at most 101"),
    ):
        text = text_of(shown(await browser.get(address), status))
        assert told.lower() in text.lower(), (address, text)


async def test_models_that_one_may_not_see_are_not_compared(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        await measured(admin, "own.model", 2)
        await measured(admin, "foreign.model", 2)
    await guarded.enrol("ana", ("own.*", "reader"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        assert "foreign" not in text_of(shown(await ana.get("/compare")))
        shown(await ana.get("/compare?version=own.model:1&version=foreign.model:1"), 404)
        shown(await ana.get("/compare?version=own.model:1&version=own.model:2"))


async def test_metrics_of_several_steps_are_drawn_by_step(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await measured(api, count=2)
    for number in (1, 2):
        losses = [{"name": "loss", "value": 1 / (step + number), "step": step} for step in range(5)]
        done(await api.post(f"/models/churn/versions/{number}/metrics", json={"metrics": losses}))
    page = shown(await browser.get("/compare?version=churn:1&version=churn:2"))
    assert "loss by step" in page
    assert "auc@holdout by step" not in page
    assert 'aria-label="loss: churn:1 0.2, churn:2 0.16667"' in page


async def test_versions_are_chosen_in_the_lists_of_a_model_and_of_a_search(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    await measured(api, count=2)
    for address in ("/models/churn", "/search?q=model:churn"):
        page = shown(await browser.get(address))
        assert '<form id="compare" method="get" action="/compare">' in page
        assert page.count('type="checkbox" form="compare" name="version"') == 2
        assert 'value="churn:2" aria-label="Compare churn:2"' in page
