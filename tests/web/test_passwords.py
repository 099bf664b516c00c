"""Passwords: what they have to be, who may set them, and how often they may be guessed."""

from pathlib import Path

import pytest

from modelyard.domain.access.rate import Rate
from tests.api.access import Guarded, made
from tests.api.in_process import BASE, Contract
from tests.api.steps import done, pointers, refused
from tests.web.pages import browser_of, shown, text_of
from tests.web.sessions import COOKIE, PASSWORD, enrolled, registry, signed_in


async def test_a_new_password_ends_all_sessions_and_no_token(guarded: Guarded) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser, guarded.client(await guarded.token_of("ana")) as program:
        await signed_in(browser)
        address = f"{BASE}/me/password"
        new = "eight blue umbrellas"
        for current in (None, "wrong"):
            body = {"password": new, "current": current}
            refused(await browser.put(address, json=body), 401, "sign-in-failed")
        assert (await browser.put(address, json={"password": new, "current": PASSWORD})).status_code == 204
        refused(await browser.get(f"{BASE}/me"), 401, "unauthenticated")
        assert (await signed_in(browser)).status_code == 401
        assert (await signed_in(browser, password=new)).status_code == 303
        done(await program.get("/me"))


@pytest.mark.parametrize("password", ["", "short", "a" * 12, "abababababab", "seven green"[:11], "seven " * 200])
async def test_a_password_that_is_too_easy_is_refused_and_not_repeated(guarded: Guarded, password: str) -> None:
    await guarded.enrol("ana")
    async with guarded.client() as admin:
        answer = await admin.put("/accounts/ana/password", json={"password": password})
        assert pointers(refused(answer, 422, "invalid-input")) == ["/password"]
        assert not password or password not in answer.text


async def test_a_name_is_no_password_and_a_service_has_none(guarded: Guarded) -> None:
    await guarded.enrol("administrators")
    async with guarded.client() as admin:
        answer = await admin.put("/accounts/administrators/password", json={"password": "Administrators!"})
        assert pointers(refused(answer, 422, "invalid-input")) == ["/password"]
        made(await admin.post("/accounts", json={"name": "robot", "kind": "service"}))
        answer = await admin.put("/accounts/robot/password", json={"password": PASSWORD})
        assert pointers(refused(answer, 422, "invalid-input")) == ["/account"]


async def test_a_narrowed_token_cannot_make_itself_a_password(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "admin"))
    for scopes, models in ((["write"], ["*"]), (["admin"], ["fraud.*"])):
        async with guarded.client(await guarded.token_of("ana", scopes, models)) as program:
            answer = await program.put("/me/password", json={"password": PASSWORD})
            refused(answer, 403, "permission-denied")


async def test_a_token_that_ends_makes_no_password_that_outlives_it(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "admin"))
    wanted = {"name": "t", "account": "ana", "scopes": ["admin"], "expires_at": "2999-01-31T12:00:00Z"}
    async with guarded.client() as admin:
        token = made(await admin.post("/tokens", json=wanted))["token"]
    async with guarded.client(str(token)) as program:
        for path in ("/me/password", "/accounts/admin/password"):
            answer = await program.put(path, json={"password": PASSWORD})
            refused(answer, 403, "permission-denied")


async def test_without_a_password_again_nobody_signs_in(guarded: Guarded) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser, guarded.client() as admin:
        await signed_in(browser)
        assert (await admin.delete("/accounts/ana/password")).status_code == 204
        refused(await browser.get(f"{BASE}/me"), 401, "unauthenticated")
        assert (await signed_in(browser)).status_code == 401


async def test_passwords_are_guessed_at_a_limited_rate_and_a_right_one_is_not_looked_at_beyond_it(
    data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> None:
    async with registry(data_dir, contract, capsys, rate_of_failures=Rate(3, 3600)) as guarded:
        await enrolled(guarded)
        async with browser_of(guarded.app) as browser:
            statuses = [(await signed_in(browser, password=f"guess {n}")).status_code for n in range(3)]
            answer = await signed_in(browser)
        assert statuses == [401] * 3
        assert "Try again in" in text_of(shown(answer, 429))
        assert COOKIE not in browser.cookies
