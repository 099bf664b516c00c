"""A registry that asks who calls, in a browser that sends a token."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.api.conftest import empty_registry
from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, running
from tests.web.browser.barriers import RULES, barriers
from tests.web.browser.places import GUARDED_PLACES

TRUSTED = {
    "account": "nightly",
    "issuer": "https://ci.invalid",
    "audience": "modelyard",
    "subject": "repo:acme/fraud:ref:refs/heads/main",
    "scopes": ["write"],
    "models": ["fraud.*"],
}


@pytest.fixture(scope="module")
def guarded(migrated_file: Path) -> Iterator[tuple[str, str]]:
    """Its address, and the token of its administrator."""
    settings = {"MODELYARD_AUTH": "tokens", "MODELYARD_WORKLOAD_ISSUERS": "https://ci.invalid"}
    with empty_registry(migrated_file) as path, running(REAL, path, **settings) as process:
        token = process.first_token()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"{process.url}/api/v1", headers=headers, timeout=PATIENCE_SECONDS) as api:
            for method, address, body in (
                ("POST", "/accounts", {"name": "ana", "display_name": "Ana from Risk"}),
                ("POST", "/accounts", {"name": "nightly", "kind": "service"}),
                ("POST", "/groups", {"name": "risk"}),
                ("PUT", "/groups/risk/members/ana", None),
                ("POST", "/grants", {"subject": "group:risk", "models": "fraud.*", "role": "maintainer"}),
                ("POST", "/tokens", {"name": "notebook", "account": "ana", "scopes": ["write"]}),
                ("POST", "/workload-identities", TRUSTED),
                ("POST", "/webhooks", {"url": "https://hooks.example.invalid/x", "description": "deploys"}),
                ("PUT", "/policies/fraud.*", {"approvals": {"production": 1}}),
            ):
                answer = api.request(method, address, json=body)
                assert answer.is_success, answer.text
        yield process.url, token


def context_of(
    chromium: Browser, guarded: tuple[str, str], scheme: Literal["light", "dark"], width: int
) -> BrowserContext:
    url, token = guarded
    return chromium.new_context(
        base_url=url,
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
        extra_http_headers={"Authorization": f"Bearer {token}"},
    )


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_no_page_of_administrators_keeps_anybody_out(
    chromium: Browser, guarded: tuple[str, str], scheme: Literal["light", "dark"], width: int
) -> None:
    context = context_of(chromium, guarded, scheme, width)
    page, axe = context.new_page(), Axe()
    wrong = [fault for place in GUARDED_PLACES for fault in barriers(page, axe, place, width)]
    context.close()
    assert wrong == []


def test_a_person_gets_an_account_a_role_and_a_token(chromium: Browser, guarded: tuple[str, str]) -> None:
    context = context_of(chromium, guarded, "light", 1280)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="Access").click()
    account = page.get_by_role("form", name="New account")
    account.get_by_role("textbox", name="Name").fill("bo")
    account.get_by_role("button", name="Make an account").click()
    expect(page.get_by_role("heading", name="bo")).to_be_visible()
    grant = page.get_by_role("form", name="Grant a role")
    grant.get_by_role("textbox", name="Models").fill("fraud.*")
    grant.get_by_role("combobox", name="Role").select_option("contributor")
    grant.get_by_role("button", name="Grant").click()
    expect(page.get_by_text("account:bo is contributor on fraud.*.")).to_be_visible()
    token = page.get_by_role("form", name="Make a token")
    token.get_by_role("textbox", name="What it is for").fill("nightly training")
    token.get_by_role("checkbox", name="write").check()
    token.get_by_role("button", name="Make a token").click()
    secret = page.locator(".secret").inner_text()
    assert re.fullmatch(r"mdy_\w{42}", secret)
    with httpx.Client(base_url=f"{guarded[0]}/api/v1", headers={"Authorization": f"Bearer {secret}"}) as api:
        assert api.get("/me").json()["roles"] == [{"models": "fraud.*", "role": "contributor"}]
        page.get_by_role("link", name="Go on").click()
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Revoke nightly training").click()
        expect(page.get_by_text("The token is revoked.")).to_be_visible()
        assert api.get("/me").status_code == 401
    context.close()


def test_a_job_is_trusted_and_trusted_no_more(chromium: Browser, guarded: tuple[str, str]) -> None:
    context = context_of(chromium, guarded, "light", 1280)
    page = context.new_page()
    page.goto("/admin")
    page.get_by_role("link", name="Workloads").click()
    rule = page.get_by_role("form", name="Make a rule")
    rule.get_by_role("textbox", name="Subject").fill("*")
    rule.get_by_role("checkbox", name="write").check()
    rule.get_by_role("button", name="Make the rule").click()
    subject = rule.get_by_role("textbox", name="Subject")
    expect(subject).to_have_accessible_description(re.compile("Must not stand for everybody of the issuer's"))
    expect(rule.get_by_role("checkbox", name="write")).to_be_checked()
    subject.fill("repo:acme/cards:*")
    rule.get_by_role("button", name="Make the rule").click()
    expect(page.get_by_text("repo:acme/cards:* may act as nightly.")).to_be_visible()
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete the rule for repo:acme/cards:* as nightly").click()
    expect(page.get_by_text("The rule is deleted.")).to_be_visible()
    assert asked == ["Delete this rule? The tokens that it has given end at once."]
    context.close()


def test_a_person_changes_their_password_and_signs_in_by_it(chromium: Browser, guarded: tuple[str, str]) -> None:
    """Also where the menu of somebody who is signed in is open, axe finds no fault."""
    url, token = guarded
    with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}) as api:
        assert api.put("/accounts/ana/password", json={"password": "seven green bicycles"}).is_success
    context = chromium.new_context(base_url=url, viewport={"width": 360, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in")
    sign_in(page, "seven green bicycles")
    page.locator("summary.caller-name").click()
    page.get_by_role("link", name="Change your password").click()
    page.get_by_label("The password that you have").fill("seven green bicycles")
    page.get_by_label("New password").fill("too short")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("Must have 12 to 1,000 characters")).to_be_visible()
    page.get_by_label("The password that you have").fill("seven green bicycles")
    page.get_by_label("New password").fill("eight blue umbrellas")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    sign_in(page, "eight blue umbrellas")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert barriers_of_menu(chromium, context) == []
    context.close()


def sign_in(page: Page, password: str) -> None:
    page.get_by_label("Account").fill("ana")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def barriers_of_menu(chromium: Browser, signed_in: BrowserContext) -> list[str]:
    """What axe finds on the page of the password, for somebody who has one, with the menu open; axe needs scripts."""
    address = next(iter(signed_in.pages)).url
    context = chromium.new_context(
        base_url=address, storage_state=signed_in.storage_state(), viewport={"width": 360, "height": 900}
    )
    page = context.new_page()
    page.goto("/password")
    expect(page.get_by_label("The password that you have")).to_be_visible()
    page.locator("summary.caller-name").click()
    expect(page.get_by_role("link", name="Change your password")).to_be_visible()
    results = Axe().run(page, options=RULES)
    context.close()
    return [results.generate_report()] if results.violations_count else []
