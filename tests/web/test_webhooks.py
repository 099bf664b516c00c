"""Webhooks: who is told, and whether it arrives."""

import asyncio
import dataclasses
import html
import ipaddress
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from tests.api.access import Guarded
from tests.api.in_process import Contract, client_of, lifespan_of
from tests.api.steps import add_model, done
from tests.servers.receiver import Receiver, receiving
from tests.web.pages import browser_of, shown, text_of

HOOK = "https://receiver.example/hooks/secret-path"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
async def app(data_dir: Path) -> AsyncIterator[ASGIApp]:
    """One that may send to this machine."""
    settings = dataclasses.replace(
        Settings(data_dir=data_dir),
        webhook_networks=(ipaddress.ip_network("127.0.0.0/8"),),
        webhook_allow_http=True,
        webhook_tries=1,
    )
    made = create_app(settings)
    async with lifespan_of(made):
        yield made


async def until(browser: httpx.AsyncClient, address: str, told: str) -> str:
    """The page, once it tells."""
    page = ""
    for _ in range(200):
        page = shown(await browser.get(address))
        if told in text_of(page):
            return page
        await asyncio.sleep(0.05)
    raise AssertionError(f"{told!r} is not in {text_of(page)}")


async def test_a_webhook_is_made_and_its_secret_shown_once(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    assert "Nobody is told yet" in text_of(shown(await browser.get("/webhooks")))
    shown(await browser.get("/webhooks/new"))
    fields = {"url": HOOK, "models": "fraud.*", "description": "<ci>", "action-alias.moved": "on", "active": "on"}
    answer = await browser.post("/webhooks", data=fields)
    page = shown(answer, 201)
    assert answer.headers["cache-control"] == "no-store"
    secret = re.search(r"whsec_[^<]+", page)
    assert secret is not None
    held = done(await api.get("/webhooks/1"))
    assert (held["url"], held["models"], held["actions"], held["active"]) == (HOOK, "fraud.*", ["alias.moved"], True)
    listed = shown(await browser.get("/webhooks"))
    assert "https://receiver.example <ci> · 1 action of fraud.* nothing sent yet" in text_of(listed)
    for text in (listed, shown(await browser.get("/webhooks/1"))):
        assert html.unescape(secret[0]) not in html.unescape(text)
    assert "secret-path" not in listed


async def test_what_is_wrong_stands_beside_its_field(browser: httpx.AsyncClient) -> None:
    fields = {"url": "https://10.0.0.1/", "models": "a/b", "description": "kept", "action-model.created": "on"}
    page = shown(await browser.post("/webhooks", data=fields), 422)
    assert 'id="fault-models"' in page
    assert 'value="kept"' in page
    assert 'name="action-model.created" checked' in page
    assert 'name="active" checked' not in page
    page = shown(await browser.post("/webhooks", data=fields | {"models": "*"}), 422)
    assert 'id="fault-url"' in page
    shown(await browser.post("/webhooks", data=fields | {"models": "*", "url": HOOK, "action-x": "on"}), 422)


async def test_one_is_changed_and_deleted(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    done(await api.post("/webhooks", json={"url": HOOK, "actions": ["alias.moved"]}))
    page = shown(await browser.get("/webhooks/1"))
    assert 'name="action-alias.moved" checked' in page
    tag = re.search(r'name="tag" value="([^"]+)"', page)
    assert tag is not None
    fields = {"tag": tag[1], "url": HOOK, "models": "*", "description": "new"}
    assert (await browser.post("/webhooks/1", data=fields)).status_code == 303
    held = done(await api.get("/webhooks/1"))
    assert (held["description"], held["actions"], held["active"]) == ("new", [], False)
    stale = shown(await browser.post("/webhooks/1", data=fields | {"description": "newer"}), 412)
    assert "was changed by someone else" in text_of(stale)
    assert 'value="newer"' in stale
    shown(await browser.post("/webhooks/1/delete", data={"tag": tag[1]}), 412)
    now = re.search(r'name="tag" value="([^"]+)"', stale)
    assert now is not None
    assert (await browser.post("/webhooks/1/delete", data={"tag": now[1]})).status_code == 303
    shown(await browser.get("/webhooks/1"), 404)


async def test_the_log_tells_what_arrived_and_what_did_not_and_sends_again(
    browser: httpx.AsyncClient, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    done(await api.post("/webhooks", json={"url": receiver.url}))
    receiver.answer = lambda *_: 500
    await add_model(api, "churn", description="x")
    page = await until(browser, "/webhooks/1?status=dead", "1 try: answered 500")
    assert "model.created churn" in text_of(page)
    receiver.answer = lambda *_: 204
    again = re.search(r'action="(/webhooks/1/deliveries/\d+/redeliver)"', page)
    assert again is not None
    assert (await browser.post(again[1], data={})).status_code == 303
    await until(browser, "/webhooks/1?status=delivered", "model.created churn")
    assert "last delivered" in text_of(shown(await browser.get("/webhooks")))
    assert "Nothing was sent" in text_of(shown(await browser.get("/webhooks/1?status=dead")))


async def test_a_ping_tells_what_the_receiver_answered(
    browser: httpx.AsyncClient, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    done(await api.post("/webhooks", json={"url": receiver.url, "active": False}))
    for status, told in ((204, "answered 204"), (410, "answered 410")):
        receiver.answer = lambda *_, status=status: status
        await browser.post("/webhooks/1/test", data={})
        assert f"A ping was sent: {told}" in text_of(shown(await browser.get("/webhooks/1")))
    assert [each.document["type"] for each in receiver.received] == ["webhook.ping"] * 2


async def test_only_administrators_see_webhooks(guarded: Guarded, contract: Contract) -> None:
    async with client_of(guarded.app, contract) as stranger:
        assert (await stranger.get("/webhooks")).status_code == 401
    await guarded.enrol("mo", ("*", "maintainer"))
    async with browser_of(guarded.app, await guarded.token_of("mo")) as mo:
        assert 'href="/webhooks"' not in shown(await mo.get("/"))
        for address in ("/webhooks", "/webhooks/new", "/webhooks/1"):
            shown(await mo.get(address), 403)
        shown(await mo.post("/webhooks", data={"url": HOOK}), 403)
    async with browser_of(guarded.app, guarded.first_token) as admin:
        assert 'href="/webhooks"' in shown(await admin.get("/webhooks"))
