"""Accounts, groups, roles and tokens, as administrators see and change them."""

import html
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.api.access import Guarded
from tests.api.steps import done
from tests.web.pages import browser_of, shown, text_of


@pytest.fixture
async def admin(guarded: Guarded) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator's browser."""
    async with browser_of(guarded.app, guarded.first_token) as browser:
        yield browser


async def told(browser: httpx.AsyncClient, address: str, **fields: str) -> str:
    """What the page tells that the form leads to."""
    answer = await browser.post(address, data={"some": "field", **fields})
    assert answer.status_code == 303, answer.text
    page = shown(await browser.get(answer.headers["location"]))
    flash = re.search(r'<div class="flash.*?</div>', page, re.DOTALL)
    assert flash is not None
    return text_of(flash[0])


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return html.unescape(found[1])


async def test_a_person_gets_an_account_a_role_and_a_token(admin: httpx.AsyncClient, guarded: Guarded) -> None:
    assert "The account ana is made" in await told(
        admin, "/admin/accounts", name="ana", kind="person", display_name="Ana <b>"
    )
    page = shown(await admin.get("/admin/accounts/ana"))
    assert "No role is granted here" in text_of(page)
    grant = {"subject": "account:ana", "models": "fraud.*", "role": "contributor", "return_to": "/admin/accounts/ana"}
    assert "account:ana is contributor on fraud.*" in await told(admin, "/admin/grants", **grant)
    fields = {"name": "notebook", "account": "ana", "scope-write": "on", "models": "fraud.*, fraud.cards", "days": "30"}
    answer = await admin.post("/tokens", data=fields)
    page = shown(answer, 201)
    assert answer.headers["cache-control"] == "no-store"
    secret = re.search(r"mdy_\w+", page)
    assert secret is not None
    async with guarded.client(secret[0]) as ana:
        me = done(await ana.get("/me"))
    assert (me["name"], me["scopes"], me["models"]) == ("ana", ["write"], ["fraud.*", "fraud.cards"])
    page = shown(await admin.get("/admin/accounts/ana"))
    assert secret[0] not in page
    assert f"notebook …{secret[0][-4:]}" in text_of(page)
    assert "contributor on fraud.*" in text_of(page)


async def test_groups_share_roles_and_are_deleted_with_them(admin: httpx.AsyncClient, guarded: Guarded) -> None:
    await guarded.enrol("ana")
    assert "The group risk is made" in await told(admin, "/admin/groups", name="risk", description="who answers")
    assert "ana is a member of risk" in await told(admin, "/admin/groups/risk/members", account="ana")
    await told(admin, "/admin/grants", subject="group:risk", models="*", role="reader")
    assert "risk who answers 1 member" in text_of(shown(await admin.get("/admin")))
    assert "group:risk reader on *" in text_of(shown(await admin.get("/admin/grants")))
    assert "is no member" in await told(admin, "/admin/groups/risk/members/ana/remove")
    tag = hidden(shown(await admin.get("/admin/groups/risk")), "tag")
    assert "is deleted" in await told(admin, "/admin/groups/risk/delete", tag=tag)
    assert "group:risk" not in text_of(shown(await admin.get("/admin/grants")))


async def test_an_account_that_is_not_active_is_let_in_no_more(admin: httpx.AsyncClient, guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "reader"))
    token = await guarded.token_of("ana")
    tag = hidden(shown(await admin.get("/admin/accounts/ana")), "tag")
    await told(admin, "/admin/accounts/ana", tag=tag, display_name="Ana")
    async with guarded.client(token) as ana:
        assert (await ana.get("/models")).status_code == 401
    assert "was changed by someone else" in await told(admin, "/admin/accounts/ana", tag=tag, active="on")


async def test_roles_and_tokens_are_taken_away(admin: httpx.AsyncClient, guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "reader"))
    token = await guarded.token_of("ana")
    page = shown(await admin.get("/admin/accounts/ana"))
    revoke = re.findall(r'action="(/(?:admin/grants|tokens)/\d+/revoke)"', page)
    assert len(revoke) == 2
    for address in revoke:
        await told(admin, address, return_to="/admin/accounts/ana")
    async with guarded.client(token) as ana:
        assert (await ana.get("/me")).status_code == 401
    assert "revoked just now" in text_of(shown(await admin.get("/admin/tokens")))


@pytest.mark.parametrize(
    ("address", "fields", "reason"),
    [
        ("/admin/accounts", {"name": "admin", "kind": "person"}, "choose another name"),
        ("/admin/accounts", {"name": "a/b", "kind": "person"}, "must"),
        ("/admin/accounts", {"name": "x", "kind": "robot"}, "kind"),
        ("/admin/groups", {"name": ""}, "name"),
        ("/admin/grants", {"subject": "account:nobody", "models": "*", "role": "reader"}, "no account"),
        ("/admin/grants", {"subject": "account:admin", "models": "a/b", "role": "reader"}, "must not hold /"),
        ("/admin/grants/1/revoke", {}, "nobody could give rights any more"),
        ("/admin/grants/999/revoke", {}, "no grant"),
        ("/tokens", {"name": "x", "models": "*"}, "scopes"),
        ("/tokens", {"name": "", "scope-read": "on"}, "name"),
        ("/tokens", {"name": "x", "scope-read": "on", "account": "nobody"}, "no account"),
        ("/tokens/999/revoke", {}, "no token"),
    ],
)
async def test_what_cannot_be_done_is_told_and_changes_nothing(
    admin: httpx.AsyncClient, guarded: Guarded, address: str, fields: dict[str, Any], reason: str
) -> None:
    async with guarded.client() as api:
        before = [(await api.get(f"/{noun}")).text for noun in ("accounts", "groups", "grants")]
        assert reason in (await told(admin, address, **fields)).lower()
        assert [(await api.get(f"/{noun}")).text for noun in ("accounts", "groups", "grants")] == before


async def test_everybody_sees_and_makes_their_own_tokens_alone(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("own.*", "contributor"))
    async with browser_of(guarded.app, await guarded.token_of("ana", ("read", "write"))) as ana:
        page = shown(await ana.get("/tokens"))
        assert "first start" not in page
        assert 'href="/admin"' not in page
        shown(await ana.post("/tokens", data={"name": "mine", "scope-read": "on"}), 201)
        assert "mine" in text_of(shown(await ana.get("/tokens")))
        shown(await ana.post("/tokens", data={"name": "wider", "scope-promote": "on"}), 403)
        shown(await ana.post("/tokens", data={"name": "other", "scope-read": "on", "account": "admin"}), 403)
        for address in ("", "/grants", "/tokens", "/workloads", "/accounts/ana", "/groups/x"):
            shown(await ana.get(f"/admin{address}"), 403)
        shown(await ana.post("/admin/accounts", data={"name": "x"}), 403)


async def test_a_registry_that_asks_nobody_says_what_that_means(browser: httpx.AsyncClient) -> None:
    for address in ("/admin", "/tokens"):
        page = shown(await browser.get(address))
        assert "MODELYARD_AUTH=tokens" in text_of(page)
        assert 'href="/admin"' not in page
