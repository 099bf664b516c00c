"""Signing in by password, sessions of browsers, and what a stranger may make of them."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from tests.api.access import Guarded, made
from tests.api.in_process import BASE, Contract, lifespan_of
from tests.api.steps import done, refused
from tests.web.pages import browser_of, shown, text_of
from tests.web.sessions import COOKIE, PASSWORD, cookie_of, enrolled, registry, signed_in


async def test_whoever_has_a_password_signs_in_goes_on_and_signs_out(guarded: Guarded) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser:
        page = shown(await browser.get("/"), 401)
        [link] = set(re.findall(r'href="(/sign-in[^"]*)"', page))
        assert link == "/sign-in?next=%2F"
        assert "Password" in text_of(shown(await browser.get(link)))
        answer = await signed_in(browser, next="/?x=1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/?x=1")
        page = shown(await browser.get("/"))
        assert "ana" in text_of(page)
        assert "Sign out" in text_of(page)
        assert done(await browser.get(f"{BASE}/me"))["name"] == "ana"
        answer = await browser.post("/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert COOKIE not in browser.cookies
        shown(await browser.get("/"), 401)


async def test_signing_out_ends_the_session_for_whoever_has_copied_the_cookie_too(guarded: Guarded) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser, browser_of(guarded.app) as thief:
        await signed_in(browser)
        thief.cookies.set(COOKIE, browser.cookies[COOKIE])
        done(await thief.get(f"{BASE}/me"))
        await browser.post("/sign-out")
        refused(await thief.get(f"{BASE}/me"), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("account", "password"),
    [
        ("ana", "wrong"),
        ("ana", ""),
        ("ana", PASSWORD + " "),
        ("bob", PASSWORD),
        ("", ""),
        ("admin", ""),
        ("ana\0", "wrong"),
    ],
)
async def test_what_is_not_a_name_and_its_password_opens_nothing_and_tells_nothing(
    guarded: Guarded, account: str, password: str
) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser:
        answer = await signed_in(browser, account, password)
        assert "That is not the name and the password of an account." in text_of(shown(answer, 401))
        assert not password or password not in answer.text
        assert COOKIE not in browser.cookies


async def test_an_account_that_is_not_active_cannot_sign_in_and_its_sessions_end(guarded: Guarded) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser, guarded.client() as admin:
        await signed_in(browser)
        done(await admin.patch("/accounts/ana", json={"active": False}))
        refused(await browser.get(f"{BASE}/me"), 401, "unauthenticated")
        assert (await signed_in(browser)).status_code == 401


async def test_session_fixation_a_sign_in_gives_a_new_session_whatever_cookie_came_with_it(guarded: Guarded) -> None:
    await enrolled(guarded)
    await enrolled(guarded, "eve")
    async with browser_of(guarded.app) as browser, browser_of(guarded.app) as attacker:
        await signed_in(attacker, "eve")
        planted = attacker.cookies[COOKIE]
        browser.cookies.set(COOKIE, planted)
        answer = await signed_in(browser)
        assert cookie_of(answer)[COOKIE].value != planted
        assert done(await attacker.get(f"{BASE}/me"))["name"] == "eve"


async def test_cookie_flags_over_plain_http(guarded: Guarded) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser:
        morsel = cookie_of(await signed_in(browser))[COOKIE]
    assert (morsel["httponly"], morsel["samesite"], morsel["path"], morsel["domain"]) == (True, "lax", "/", "")
    assert morsel["max-age"] == "43200"
    assert not morsel["secure"]


async def test_cookie_flags_over_tls_where_one_that_was_set_without_it_is_not_believed(guarded: Guarded) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser:
        browser.base_url = httpx.URL("https://127.0.0.1")
        morsel = cookie_of(await signed_in(browser), f"__Host-{COOKIE}")[f"__Host-{COOKIE}"]
        assert (morsel["secure"], morsel["httponly"], morsel["samesite"]) == (True, True, "lax")
        assert (morsel["path"], morsel["domain"]) == ("/", "")
        browser.cookies.clear()
        browser.cookies.set(COOKIE, morsel.value)
        refused(await browser.get(f"{BASE}/me"), 401, "unauthenticated")
        browser.cookies.set(f"__Host-{COOKIE}", morsel.value)
        done(await browser.get(f"{BASE}/me"))


FOREIGN: dict[str, dict[str, str]] = {
    "nothing says where it comes from": {},
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "a sibling of this site": {"Sec-Fetch-Site": "same-site"},
    "another origin": {"Origin": "https://evil.example"},
    "an origin that looks alike": {"Origin": "http://127.0.0.1.evil.example"},
    "no origin that can be told": {"Origin": "null"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
async def test_csrf_a_change_by_cookie_needs_a_page_of_this_server(guarded: Guarded, headers: dict[str, str]) -> None:
    await enrolled(guarded, role="admin")
    async with browser_of(guarded.app) as browser:
        await signed_in(browser)
        del browser.headers["Sec-Fetch-Site"]
        body = {"name": "churn"}
        refused(await browser.post(f"{BASE}/models", json=body, headers=headers), 403, "foreign-origin")
        assert (await browser.post("/sign-out", headers=headers)).status_code == 403
        assert (await signed_in_from(browser, headers)).status_code == 403
        refused(await browser.get(f"{BASE}/models/churn"), 404, "model-not-found")
        made(await browser.post(f"{BASE}/models", json=body, headers={"Origin": "http://127.0.0.1"}))


async def signed_in_from(browser: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    return await browser.post("/sign-in", data={"account": "ana", "password": PASSWORD}, headers=headers)


async def test_a_program_with_a_token_says_nothing_of_pages(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        made(await admin.post("/models", json={"name": "churn"}))


ELSEWHERE = [
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example",
    "javascript:alert(1)", "/\tevil", "/%0d%0aset-cookie:x=1\r\nx: y", "", "evil.example", "/\u2028", "///evil.example",
]  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_open_redirects_lead_home(guarded: Guarded, target: str) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser:
        page = shown(await browser.get("/sign-in", params={"next": target}))
        assert '<input type="hidden" name="next" value="/">' in page
        answer = await signed_in(browser, next=target)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_a_secret_is_good_for_one_way_only(guarded: Guarded) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser:
        await signed_in(browser)
        session = browser.cookies[COOKIE]
        async with guarded.client(session) as program:
            refused(await program.get("/me"), 401, "unauthenticated")
        browser.cookies.set(COOKIE, await guarded.token_of("ana"), domain="")
    async with browser_of(guarded.app) as browser:
        browser.cookies.set(COOKIE, await guarded.token_of("ana"))
        refused(await browser.get(f"{BASE}/me"), 401, "unauthenticated")


async def test_sessions_stand_beside_tokens_and_can_be_revoked_but_not_turned_into_one(guarded: Guarded) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser, guarded.client(await guarded.token_of("ana")) as program:
        await signed_in(browser)
        items = done(await program.get("/tokens"))["items"]
        assert [(item["kind"], item["name"]) for item in items] == [
            ("session", "browser, by password"),
            ("token", "test"),
        ]
        refused(await program.post(f"/tokens/{items[0]['id']}/rotate"), 404, "token-not-found")
        assert (await program.delete(f"/tokens/{items[0]['id']}")).status_code == 204
        refused(await browser.get(f"{BASE}/me"), 401, "unauthenticated")


async def test_history_tells_of_sign_ins_and_passwords_and_never_a_secret(guarded: Guarded) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser, guarded.client() as admin:
        await signed_in(browser)
        answer = await admin.get("/events")
        assert PASSWORD not in answer.text
        assert browser.cookies[COOKIE] not in answer.text
        told = {event["action"]: event["after"] for event in answer.json()["items"]}
    assert told["account.signed_in"] == {"account": "ana", "way": "password"}
    assert told["password.changed"] == {"account": "ana", "has_one": True}


async def test_a_registry_that_asks_nobody_has_nothing_to_sign_in_to(browser: httpx.AsyncClient) -> None:
    for answer in (await browser.get("/sign-in"), await signed_in(browser)):
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert COOKIE not in browser.cookies


async def test_a_session_ends_by_itself(
    data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with registry(data_dir, contract, capsys, session_seconds=60) as guarded:
        await enrolled(guarded)
        async with browser_of(guarded.app) as browser:
            await signed_in(browser)
            done(await browser.get(f"{BASE}/me"))
            later = datetime.now(UTC) + timedelta(seconds=61)
            monkeypatch.setattr("modelyard.infrastructure.clock.SystemClock.now", lambda _: later)
            refused(await browser.get(f"{BASE}/me"), 401, "unauthenticated")


async def test_sessions_outlive_the_process(
    data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> None:
    async with registry(data_dir, contract, capsys) as guarded:
        await enrolled(guarded)
        async with browser_of(guarded.app) as browser:
            await signed_in(browser)
            cookie = browser.cookies[COOKIE]
    app: ASGIApp = create_app(Settings(data_dir=data_dir, auth="tokens"))
    async with lifespan_of(app), browser_of(app) as browser:
        browser.cookies.set(COOKIE, cookie)
        done(await browser.get(f"{BASE}/me"))
