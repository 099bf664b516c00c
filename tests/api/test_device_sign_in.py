"""Programs that show a code, and somebody who allows them in a browser (RFC 8628)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from modelyard.application.services import device_sign_in
from tests.api.access import Guarded
from tests.api.in_process import BASE
from tests.api.steps import done, refused
from tests.web.pages import browser_of, shown, text_of
from tests.web.sessions import enrolled, signed_in

ON_ONE_DATABASE = pytest.mark.parametrize("database_url", [""])
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


async def begun(guarded: Guarded, **fields: str) -> dict[str, Any]:
    async with guarded.stranger() as program:
        answer = await program.post("/oauth/device_authorization", data={"client_id": "modelyard on laptop", **fields})
        document: dict[str, Any] = done(answer)
        return document


async def asked(guarded: Guarded, codes: dict[str, Any]) -> httpx.Response:
    async with guarded.stranger() as program:
        form = {"grant_type": GRANT, "device_code": codes["device_code"]}
        return await program.post("/oauth/token", data=form)


@pytest.fixture
async def browser(guarded: Guarded) -> AsyncIterator[httpx.AsyncClient]:
    """That of ana, who contributes everywhere."""
    await enrolled(guarded, role="contributor")
    async with browser_of(guarded.app) as opened:
        await signed_in(opened)
        yield opened


async def decided(browser: httpx.AsyncClient, code: str, decision: str = "allow") -> httpx.Response:
    return await browser.post("/device", data={"code": code, "decision": decision})


async def test_a_program_acts_for_whoever_allows_it(guarded: Guarded, browser: httpx.AsyncClient) -> None:
    codes = await begun(guarded)
    assert codes["verification_uri_complete"] == f"{codes['verification_uri']}?code={codes['user_code']}"
    assert refused(await asked(guarded, codes), 400, "authorization-pending")["error"] == "authorization_pending"
    page = text_of(shown(await browser.get("/device", params={"code": codes["user_code"]})))
    assert "modelyard on laptop wants to act for you, ana" in page
    assert codes["user_code"] in page
    answer = await decided(browser, codes["user_code"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/device")
    assert "modelyard on laptop acts for you now" in text_of(shown(await browser.get("/device")))
    given = done(await asked(guarded, codes))
    assert (given["account"], given["scope"]) == ("ana", "read write promote")
    assert given["expires_in"] == 30 * 24 * 3600
    async with guarded.client(given["access_token"]) as program:
        assert done(await program.get("/me"))["scopes"] == ["read", "write", "promote"]
    assert "modelyard on laptop" in text_of(shown(await browser.get("/tokens")))


async def test_the_token_is_given_once_however_many_ask_at_once(guarded: Guarded, browser: httpx.AsyncClient) -> None:
    codes = await begun(guarded)
    await decided(browser, codes["user_code"])
    answers = await asyncio.gather(*(asked(guarded, codes) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]
    assert refused(await asked(guarded, codes), 400, "invalid-grant")["error"] == "invalid_grant"
    tokens = done(await browser.get(f"{BASE}/tokens"))["items"]
    assert [token["kind"] for token in tokens].count("token") == 1


async def test_whoever_is_refused_gets_nothing(guarded: Guarded, browser: httpx.AsyncClient) -> None:
    codes = await begun(guarded)
    await decided(browser, codes["user_code"], "refuse")
    assert "was not let in" in text_of(shown(await browser.get("/device")))
    assert (await decided(browser, codes["user_code"])).status_code == 401
    refused(await asked(guarded, codes), 400, "access-denied")
    refused(await asked(guarded, codes), 400, "invalid-grant")


async def test_a_code_is_typed_as_people_type(guarded: Guarded, browser: httpx.AsyncClient) -> None:
    codes = await begun(guarded, scope="read")
    typed = f" {codes['user_code'].lower().replace('-', ' ')} "
    page = text_of(shown(await browser.get("/device", params={"code": typed})))
    assert "see and fetch" in page
    assert "register, describe" not in page
    await decided(browser, typed)
    assert done(await asked(guarded, codes))["scope"] == "read"


@ON_ONE_DATABASE
@pytest.mark.parametrize("code", ["WDJB-MJHT", "x", "WDJB-MJH", "ADJB-MJHT", "' or 1=1", "\u2460" * 8])
async def test_a_code_that_nobody_waits_with_is_told_so(
    guarded: Guarded, browser: httpx.AsyncClient, code: str
) -> None:
    await begun(guarded)
    page = text_of(shown(await browser.get("/device", params={"code": code}), 401))
    assert "No program waits with this code" in page
    shown(await decided(browser, code), 401)


async def test_codes_cannot_be_guessed_without_end(guarded: Guarded, browser: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(decided(browser, "WDJB-MJHT") for _ in range(70)))
    assert {answer.status_code for answer in answers} == {401, 429}
    codes = {"device_code": "wrong"}
    answers = await asyncio.gather(*(asked(guarded, codes) for _ in range(70)))
    assert {answer.status_code for answer in answers} == {400, 429}


async def test_who_asks_too_often_is_told_to_slow_down(guarded: Guarded) -> None:
    codes = await begun(guarded)
    refused(await asked(guarded, codes), 400, "authorization-pending")
    refused(await asked(guarded, codes), 400, "slow-down")


async def test_a_code_is_good_for_ten_minutes(
    guarded: Guarded, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_sign_in, "TTL", timedelta(seconds=-1))
    codes = await begun(guarded)
    assert (await decided(browser, codes["user_code"])).status_code == 401
    refused(await asked(guarded, codes), 400, "expired-token")


async def test_nobody_allows_more_than_they_came_with(guarded: Guarded) -> None:
    await guarded.enrol("bo", ("*", "admin"))
    codes = await begun(guarded, scope="write")
    for scopes, models in ((["read"], ["*"]), (["admin"], ["fraud.*"])):
        token = await guarded.token_of("bo", scopes, models)
        async with browser_of(guarded.app, token) as browser:
            assert (await decided(browser, codes["user_code"])).status_code == 403
    async with guarded.client() as admin:
        end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        wanted = {"name": "short", "scopes": ["admin"], "expires_at": end, "account": "bo"}
        token = (await admin.post("/tokens", json=wanted)).json()["token"]
    async with browser_of(guarded.app, token) as browser:
        assert (await decided(browser, codes["user_code"])).status_code == 403
    refused(await asked(guarded, codes), 400, "authorization-pending")


async def test_an_account_that_is_not_active_by_then_gets_nothing(guarded: Guarded, browser: httpx.AsyncClient) -> None:
    codes = await begun(guarded)
    await decided(browser, codes["user_code"])
    async with guarded.client() as admin:
        done(await admin.patch("/accounts/ana", json={"active": False}))
    refused(await asked(guarded, codes), 400, "access-denied")


async def test_a_stranger_signs_in_first_and_a_foreign_page_allows_nothing(
    guarded: Guarded, browser: httpx.AsyncClient
) -> None:
    codes = await begun(guarded)
    async with browser_of(guarded.app) as stranger:
        page = shown(await stranger.get("/device", params={"code": codes["user_code"]}), 401)
        assert "/sign-in?next=%2Fdevice%3Fcode%3D" in page
    browser.headers["Sec-Fetch-Site"] = "cross-site"
    assert (await decided(browser, codes["user_code"])).status_code == 403
    refused(await asked(guarded, codes), 400, "authorization-pending")


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"scope": "read"}, 400, "invalid-request"),
        ({"client_id": "x", "scope": "root"}, 400, "invalid-scope"),
        ({"client_id": "a\nb"}, 422, "invalid-input"),
        ({"client_id": "x" * 101}, 422, "invalid-input"),
    ],
)
async def test_a_program_says_who_it_is_and_what_it_wants(
    guarded: Guarded, form: dict[str, str], status: int, code: str
) -> None:
    async with guarded.stranger() as program:
        refused(await program.post("/oauth/device_authorization", data=form), status, code)


async def test_without_accounts_there_is_no_such_page(app: ASGIApp) -> None:
    async with browser_of(app) as browser:
        assert (await browser.get("/device")).status_code == 404
