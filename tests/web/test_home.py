"""The home page."""

import httpx

from tests.api.access import Guarded
from tests.api.steps import add_version, done, move
from tests.web.pages import browser_of, shown, text_of


async def test_an_empty_registry_says_how_to_begin(browser: httpx.AsyncClient) -> None:
    assert "modelyard push churn model.joblib" in text_of(shown(await browser.get("/")))


async def test_it_shows_what_serves_and_what_happened(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await add_version(api, description="Who <leaves> next")
    metrics = [{"name": "auc", "value": 0.93125, "dataset": "holdout"}]
    done(await api.post("/models/churn/versions/1/metrics", json={"metrics": metrics}))
    before = text_of(shown(await browser.get("/")))
    assert "No version serves yet" in before
    await move(api, 1, "staging", "production")
    page = shown(await browser.get("/"))
    assert "churn :1 Who <leaves> next auc@holdout 0.93125" in text_of(page)
    assert "anonymous promoted churn:1 to production" in text_of(page)
    assert 'href="/models/churn/versions/1"' in page


async def test_it_shows_nothing_of_models_that_one_may_not_see(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        for model in ("own.model", "foreign.model"):
            await add_version(admin, model)
            await move(admin, 1, "staging", "production", model=model)
    await guarded.enrol("ana", ("own.*", "reader"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        page = text_of(shown(await ana.get("/")))
    assert "own.model" in page
    assert "foreign" not in page
