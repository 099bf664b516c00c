"""The page of one's own password."""

import re
from pathlib import Path

import httpx
import pytest

from modelyard.domain.access.rate import Rate
from tests.api.access import Guarded, made
from tests.api.in_process import BASE, Contract
from tests.api.steps import done, refused
from tests.web.filling import followed
from tests.web.pages import browser_of, link_of, shown, text_of
from tests.web.sessions import COOKIE, PASSWORD, enrolled, registry, signed_in

PAGE = "/password"
NEW = "eight blue umbrellas"


def fields_of(page: str) -> dict[str, dict[str, str]]:
    """The fields that are typed into, by name; each has a label."""
    fields = {}
    for tag in re.findall(r"<input [^>]*\bname=[^>]*>", page[page.index("<main") :]):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        assert f'<label class="label" for="{attributes["id"]}">' in page
        fields[attributes["name"]] = attributes
    return fields


async def test_whoever_is_signed_in_changes_the_password_and_signs_in_again(guarded: Guarded) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser, browser_of(guarded.app) as elsewhere:
        await signed_in(browser)
        await signed_in(elsewhere)
        assert link_of(shown(await browser.get("/")), "Change your password") == PAGE
        page = shown(await browser.get(PAGE))
        kinds = {name: (each["type"], each["autocomplete"], each["value"]) for name, each in fields_of(page).items()}
        assert kinds == {
            "current": ("password", "current-password", ""),
            "password": ("password", "new-password", ""),
        }
        assert "this one too: you sign in again with the new password" in text_of(page)
        answer = await browser.post(PAGE, data={"current": PASSWORD, "password": NEW})
        assert answer.headers["location"] == "/sign-in"
        assert COOKIE not in browser.cookies
        assert "Your password is changed" in await followed(browser, answer)
        refused(await elsewhere.get(f"{BASE}/me"), 401, "unauthenticated")
        assert (await signed_in(browser)).status_code == 401
        assert (await signed_in(browser, password=NEW)).status_code == 303
        assert done(await browser.get(f"{BASE}/me"))["name"] == "ana"


@pytest.mark.parametrize(
    ("current", "password", "status", "told"),
    [
        ("nine grey elephants", NEW, 401, "Is not your password"),
        ("", NEW, 401, "Is not your password"),
        (None, NEW, 401, "Is not your password"),
        (PASSWORD + " ", NEW, 401, "Is not your password"),
        ("x1" * 501, NEW, 422, "at most 1000 characters"),
        (PASSWORD, "too short", 422, "Must have 12 to 1,000 characters"),
        (PASSWORD, "abababababab", 422, "Must have at least five different characters"),
        (PASSWORD, "long " * 201, 422, "Must have 12 to 1,000 characters"),
        (PASSWORD, None, 422, "Must have 12 to 1,000 characters"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_echoed_or_changed(
    guarded: Guarded, current: str | None, password: str | None, status: int, told: str
) -> None:
    await enrolled(guarded)
    sent = {name: text for name, text in (("current", current), ("password", password)) if text is not None}
    async with browser_of(guarded.app) as browser:
        await signed_in(browser)
        page = shown(await browser.post(PAGE, data=sent or {"": ""}), status)
        fields = fields_of(page)
        [wrong] = [name for name, each in fields.items() if each.get("aria-invalid") == "true"]
        fault = re.search(rf'<p class="field-fault" id="fault-{wrong}">.*?</p>', page, re.DOTALL)
        assert fault is not None
        assert told in text_of(fault[0])
        assert f"fault-{wrong}" in fields[wrong]["aria-describedby"].split()
        assert 'role="alert"' in page
        assert not [text for text in sent.values() if text and text in page]
        assert done(await browser.get(f"{BASE}/me"))["name"] == "ana"
        assert (await signed_in(browser)).status_code == 303


async def test_whoever_has_no_password_is_asked_for_none(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "reader"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as browser:
        page = shown(await browser.get(PAGE))
        assert fields_of(page).keys() == {"password"}
        assert "You have none yet." in text_of(page)
        assert (await browser.post(PAGE, data={"password": NEW})).status_code == 303
    async with browser_of(guarded.app) as browser:
        assert (await signed_in(browser, password=NEW)).status_code == 303


async def test_a_service_and_a_narrowed_token_are_told_that_they_set_none(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "admin"))
    async with guarded.client() as admin:
        made(await admin.post("/accounts", json={"name": "robot", "kind": "service"}))
    for token, status in ((await guarded.token_of("robot"), 422), (await guarded.token_of("ana", ["write"]), 403)):
        async with browser_of(guarded.app, token) as browser:
            shown(await browser.get(PAGE), status)
            shown(await browser.post(PAGE, data={"password": NEW}), status)


async def test_the_current_password_is_guessed_at_a_limited_rate(
    data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> None:
    async with registry(data_dir, contract, capsys, rate_of_failures=Rate(4, 3600)) as guarded:
        await enrolled(guarded)
        async with browser_of(guarded.app) as browser:
            await signed_in(browser)
            guesses = [{"current": f"guess {number}", "password": NEW} for number in range(3)]
            assert [(await browser.post(PAGE, data=guess)).status_code for guess in guesses] == [401] * 3
            page = shown(await browser.post(PAGE, data={"current": PASSWORD, "password": NEW}), 429)
            assert "Try again in" in text_of(page)
            assert fields_of(page).keys() == {"current", "password"}
            assert done(await browser.get(f"{BASE}/me"))["name"] == "ana"


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=str)
async def test_no_page_of_elsewhere_changes_it(guarded: Guarded, headers: dict[str, str]) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser:
        await signed_in(browser)
        del browser.headers["Sec-Fetch-Site"]
        answer = await browser.post(PAGE, data={"current": PASSWORD, "password": NEW}, headers=headers)
        assert answer.status_code == 403
        assert done(await browser.get(f"{BASE}/me"))["name"] == "ana"


async def test_strangers_are_asked_to_sign_in_and_find_no_link(guarded: Guarded) -> None:
    async with browser_of(guarded.app) as stranger:
        for answer in (await stranger.get(PAGE), await stranger.post(PAGE, data={"password": NEW})):
            assert "Change your password" not in shown(answer, 401)


async def test_a_registry_that_asks_nobody_has_no_passwords(browser: httpx.AsyncClient) -> None:
    assert "This registry asks nobody who they are" in text_of(shown(await browser.get(PAGE)))
    answer = await browser.post(PAGE, data={"password": NEW})
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert "Change your password" not in shown(await browser.get("/"))


async def test_pages_of_events_tell_of_sign_ins_and_passwords_in_words(guarded: Guarded) -> None:
    await enrolled(guarded)
    async with browser_of(guarded.app) as browser:
        await signed_in(browser)
        await browser.post(PAGE, data={"current": PASSWORD, "password": NEW})
        await signed_in(browser, password=NEW)
        told = text_of(shown(await browser.get("/events")))
    assert "ana signed in by password" in told
    assert "ana set the password of ana" in told
