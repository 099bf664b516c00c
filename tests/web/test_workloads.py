"""Which jobs and pods may act as which services, as administrators see and change it."""

import html
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from modelyard.domain.access.workload import TrustedIssuer
from tests.api.access import Guarded, made
from tests.api.in_process import Contract, lifespan_of
from tests.api.steps import done
from tests.api.test_workloads import exchanged, identity_token
from tests.servers.openid import LyingProvider, lying_provider
from tests.web.filling import followed
from tests.web.pages import browser_of, shown, text_of
from tests.web.sessions import registry

PAGE = "/admin/workloads"
SUBJECT = "repo:acme/fraud:ref:refs/heads/main"


@pytest.fixture
def platform() -> Iterator[LyingProvider]:
    """Where the jobs run."""
    with lying_provider() as served:
        served.claims["sub"] = SUBJECT
        yield served


@pytest.fixture
async def guarded(
    data_dir: Path, platform: LyingProvider, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Guarded]:
    """A registry that trusts the platform, and has a service."""
    issuers = (TrustedIssuer(address=platform.address),)
    async with registry(data_dir, contract, capsys, workload_issuers=issuers) as started:
        async with started.client() as admin:
            made(await admin.post("/accounts", json={"name": "nightly", "kind": "service"}))
        yield started


@pytest.fixture
async def admin(guarded: Guarded) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator's browser."""
    async with browser_of(guarded.app, guarded.first_token) as browser:
        yield browser


@pytest.fixture
def rule(platform: LyingProvider) -> dict[str, str]:
    """The form, filled in."""
    return {
        "account": "nightly",
        "issuer": platform.address,
        "audience": "modelyard",
        "subject": SUBJECT,
        "scope-write": "on",
        "models": "fraud.*, churn",
        "ttl_seconds": "600",
    }


async def rules_of(guarded: Guarded) -> list[dict[str, Any]]:
    async with guarded.client() as api:
        items: list[dict[str, Any]] = done(await api.get("/workload-identities"))["items"]
        return items


async def token_of_job(guarded: Guarded, platform: LyingProvider) -> str:
    """What a job gets for the token of its platform."""
    return str(done(await exchanged(guarded, identity_token(platform)))["access_token"])


async def test_a_job_is_trusted_by_a_form_and_by_another_no_more(
    admin: httpx.AsyncClient, guarded: Guarded, platform: LyingProvider, rule: dict[str, str]
) -> None:
    page = shown(await admin.get(PAGE))
    assert "No workload may act as a service" in text_of(page)
    assert 'name="audience" type="text" value="modelyard"' in page
    assert f"{SUBJECT} may act as nightly" in await followed(admin, await admin.post(PAGE, data=rule))
    [held] = await rules_of(guarded)
    assert held.items() >= {"subject": SUBJECT, "scopes": ["write"], "models": ["fraud.*", "churn"]}.items()
    assert (held["audience"], held["ttl_seconds"], held["created_by"]) == ("modelyard", 600, "admin")
    page = shown(await admin.get(PAGE))
    told = f"{SUBJECT} as nightly {platform.address} for the audience modelyard write in fraud.*, churn , each token"
    assert f"{told} for 600 s made by admin just now Delete" in text_of(page)
    assert "When a rule is deleted, the tokens that it has given end at once" in text_of(page)
    assert 'data-confirm="Delete this rule? The tokens that it has given end at once."' in page
    async with guarded.client(await token_of_job(guarded, platform)) as job:
        assert done(await job.get("/me"))["name"] == "nightly"
        delete = re.search(r'action="(/admin/workloads/\d+/delete)"', page)
        assert delete is not None
        answer = await admin.post(delete[1], data={})
        assert "The rule is deleted. The tokens that it has given are good for nothing" in await followed(admin, answer)
        assert (await job.get("/me")).status_code == 401
    assert await rules_of(guarded) == []
    assert "There is no workload identity" in await followed(admin, await admin.post(delete[1], data={}))


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"issuer": "https://elsewhere.invalid"}, "issuer"),
        ({"audience": " "}, "audience"),
        ({"subject": "**"}, "subject"),
        ({"scope-write": None}, "scopes"),
        ({"models": "a/b"}, "models"),
        ({"models": ""}, "models"),
        ({"ttl_seconds": "59"}, "ttl_seconds"),
        ({"ttl_seconds": "3601"}, "ttl_seconds"),
        ({"ttl_seconds": "an hour"}, "ttl_seconds"),
        ({"account": "admin"}, "account"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(
    admin: httpx.AsyncClient, guarded: Guarded, rule: dict[str, str], changed: dict[str, str | None], name: str
) -> None:
    sent = {field: text for field, text in {**rule, "audience": "kept", **changed}.items() if text is not None}
    page = shown(await admin.post(PAGE, data=sent), 422)
    assert re.findall(r'id="fault-([a-z_]+)"', page) == [name]
    assert "What is wrong stands beside the fields" in text_of(page)
    for field in ("audience", "subject", "models", "ttl_seconds"):
        assert f'name="{field}" type="text" value="{sent[field]}"' in page
    assert ('name="scope-write" checked' in page) == ("scope-write" in sent)
    assert 'name="scope-read" checked' not in page
    assert await rules_of(guarded) == []


async def test_an_account_that_is_not_there_is_told(admin: httpx.AsyncClient, rule: dict[str, str]) -> None:
    page = shown(await admin.post(PAGE, data={**rule, "account": "nobody"}), 404)
    assert "There is no account" in text_of(page)
    assert f'value="{SUBJECT}"' in page


async def test_services_that_are_active_are_offered_and_nobody_else(
    admin: httpx.AsyncClient, guarded: Guarded, rule: dict[str, str]
) -> None:
    await guarded.enrol("ana")
    assert re.findall(r"<option[^>]*>([^<]+)", shown(await admin.get(PAGE))) == ["nightly", rule["issuer"]]
    await admin.post(PAGE, data=rule)
    async with guarded.client() as api:
        done(await api.patch("/accounts/nightly", json={"active": False}))
    page = shown(await admin.get(PAGE))
    assert "There is no active service" in text_of(page)
    assert '<a href="/admin">people and groups</a>' in page
    assert "Make the rule" not in page
    assert "just now service not active" in text_of(page)


async def test_a_registry_that_trusts_no_issuer_says_so_and_lets_rules_be_deleted(
    data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str], rule: dict[str, str]
) -> None:
    issuers = (TrustedIssuer(address=rule["issuer"]),)
    async with (
        registry(data_dir, contract, capsys, workload_issuers=issuers) as before,
        browser_of(before.app, before.first_token) as admin,
    ):
        await admin.post("/admin/accounts", data={"name": "nightly", "kind": "service"})
        assert (await admin.post(PAGE, data=rule)).status_code == 303
    app = create_app(Settings(data_dir=data_dir, auth="tokens"))
    async with lifespan_of(app), browser_of(app, before.first_token) as admin:
        page = shown(await admin.get(PAGE))
        assert "MODELYARD_WORKLOAD_ISSUERS" in text_of(page)
        assert f'action="{PAGE}"' not in page
        assert "just now issuer not trusted" in text_of(page)
        page = shown(await admin.post(PAGE, data=rule), 422)
        assert "The issuer is none that the operator trusts: there are none" in text_of(page)
        assert "The rule is deleted" in await followed(admin, await admin.post(f"{PAGE}/1/delete", data={}))
        assert "No workload may act" in text_of(shown(await admin.get(PAGE)))


async def test_what_rules_say_is_shown_as_text(admin: httpx.AsyncClient, rule: dict[str, str]) -> None:
    subject = "<b>\"'&repo:*"
    await admin.post(PAGE, data={**rule, "subject": subject})
    page = shown(await admin.get(PAGE))
    assert "<b>" not in page
    assert subject in html.unescape(page)


async def test_only_administrators_change_whom_is_trusted(guarded: Guarded, rule: dict[str, str]) -> None:
    await guarded.enrol("ana", ("*", "maintainer"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        shown(await ana.get(PAGE), 403)
        shown(await ana.post(PAGE, data=rule), 403)
        shown(await ana.post(f"{PAGE}/1/delete", data={}), 403)
    assert await rules_of(guarded) == []
