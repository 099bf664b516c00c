"""What happened."""

import re

import httpx

from tests.api.access import Guarded
from tests.api.steps import add_model, add_version, done, move
from tests.web.pages import browser_of, shown, text_of


def sequences(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'data-sequence="(\d+)"', page)]


async def test_events_are_told_with_all_that_is_known(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await add_version(api, description="</pre><script>alert(1)</script>")
    await move(api, 1, "staging")
    page = shown(await browser.get("/events"))
    text = text_of(page)
    assert "anonymous promoted churn:1 to staging" in text
    assert "Action version.stage_changed" in text
    assert 'Before { "stage": "draft" } After { "stage": "staging", "step": "promote" }' in text
    assert "<script>alert" not in page
    assert sequences(page) == [3, 2, 1]
    assert 'data-live="/api/v1/events"' in page


async def test_what_is_long_is_cut_short(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await add_version(api, card="x" * 60_000)
    page = shown(await browser.get("/events"))
    assert "characters; the API tells all of them" in page
    assert len(page) < 20_000


async def test_an_empty_history_says_what_it_is_for(browser: httpx.AsyncClient) -> None:
    assert "Every change to a model" in text_of(shown(await browser.get("/events")))


async def test_filters_narrow_the_list_the_stream_and_the_export(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    await add_version(api)
    await add_model(api, "fraud", description="x")
    page = shown(await browser.get("/events?model=fraud&actor=&action=model.created"))
    assert sequences(page) == [3]
    assert 'data-live="/api/v1/events?model=fraud&amp;action=model.created"' in page
    assert 'href="/api/v1/events?model=fraud&amp;action=model.created&amp;format=csv"' in page
    assert sequences(shown(await browser.get("/events?actor=nobody"))) == []
    assert "is no action of the history" in text_of(shown(await browser.get("/events?action=x"), 422))


async def test_older_ones_are_on_further_pages_which_are_not_live(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    for number in range(60):
        await add_model(api, f"m{number}")
    first = shown(await browser.get("/events"))
    older = re.search(r'href="(/events\?cursor=[^"]+)" rel="next"', first)
    assert older is not None
    second = shown(await browser.get(older[1].replace("&amp;", "&")))
    assert sequences(first) + sequences(second) == list(range(60, 0, -1))
    assert "data-live" not in second
    assert 'href="/events">Newest' in second


async def test_the_list_alone_is_what_the_script_adds_from(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await add_version(api)
    page = shown(await browser.get("/events/list?model=churn"))
    assert sequences(page) == [2, 1]
    assert "<html" not in page


async def test_what_concerns_no_model_is_told_in_words(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("fraud.*", "reader"))
    await guarded.token_of("ana")
    async with guarded.client() as admin:
        done(await admin.put("/policies/fraud.*", json={}))
        done(await admin.post("/groups", json={"name": "risk"}))
        hook = done(await admin.post("/webhooks", json={"url": "https://hooks.example.com/secret"}))
        assert (await admin.delete(f"/webhooks/{hook['id']}")).status_code == 204
    async with browser_of(guarded.app, guarded.first_token) as admin:
        text = text_of(shown(await admin.get("/events")))
    for sentence in (
        "admin made the account ana",
        "admin granted reader on fraud.* to account:ana",
        "admin made a token of ana test",
        "admin changed the policy of fraud.*",
        "admin made the group risk",
        "admin added a webhook to https://hooks.example.com",
        "admin removed the webhook to https://hooks.example.com",
    ):
        assert sentence in text
    assert "example.com/secret" not in text


async def test_one_sees_what_happened_to_models_that_one_may_see(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        await add_version(admin, "own.model")
        await add_version(admin, "foreign.model")
    await guarded.enrol("ana", ("own.*", "reader"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        for address in ("/events", "/events/list", "/events?model=foreign.model"):
            assert "foreign" not in text_of(shown(await ana.get(address)))
