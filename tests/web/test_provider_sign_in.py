"""Signing in by OpenID Connect: with a real provider, and with one that lies."""

import dataclasses
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from modelyard.bootstrap.settings import Settings
from tests.api.access import Guarded, guarded_app, made
from tests.api.in_process import BASE, Contract
from tests.api.steps import done, refused
from tests.servers.openid import LIES, Lie, LyingProvider, claims, lying_provider, real_provider, sign_in_at, tell_of
from tests.web.pages import browser_of, shown, text_of
from tests.web.sessions import COOKIE, cookie_of

LEAVE = "/sign-in/provider"
ATTEMPT = "modelyard_sign_in"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with real_provider() as address:
        yield address


@pytest.fixture
def liar() -> Iterator[LyingProvider]:
    with lying_provider() as served:
        yield served


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings(
        data_dir=data_dir,
        auth="tokens",
        public_url="http://127.0.0.1",
        oidc_client_id="registry",
        oidc_client_secret="a secret of the provider's",
        oidc_groups_claim="groups",
        oidc_label="the company",
    )


@pytest.fixture
async def guarded(
    settings: Settings, provider: str, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Guarded]:
    with_provider = dataclasses.replace(settings, oidc_issuer=provider)
    async with guarded_app(with_provider, contract, lambda: capsys.readouterr().out) as started:
        yield started


@pytest.fixture
async def lied_to(
    settings: Settings, liar: LyingProvider, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Guarded]:
    with_provider = dataclasses.replace(settings, oidc_issuer=liar.address, oidc_groups_claim="")
    async with guarded_app(with_provider, contract, lambda: capsys.readouterr().out) as started:
        yield started


async def leave(browser: httpx.AsyncClient, target: str = "/") -> str:
    answer = await browser.get(LEAVE, params={"next": target})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def come_back(browser: httpx.AsyncClient, provider: str, subject: str, target: str = "/") -> httpx.Response:
    return await browser.get(sign_in_at(provider, await leave(browser, target), subject))


async def test_whoever_the_provider_knows_gets_an_account_and_goes_on(guarded: Guarded, provider: str) -> None:
    tell_of(provider, "sub-1", preferred_username="ana", groups=["risk", "no group of ours"])
    async with guarded.client() as admin:
        for group in ("risk", "others"):
            made(await admin.post("/groups", json={"name": group}))
    async with browser_of(guarded.app) as browser:
        page = shown(await browser.get("/sign-in?next=/search"))
        assert "Sign in with the company" in text_of(page)
        assert 'href="/sign-in/provider?next=%2Fsearch"' in page
        answer = await come_back(browser, provider, "sub-1", "/?x=1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/?x=1")
        assert done(await browser.get(f"{BASE}/me"))["name"] == "ana"
        assert ATTEMPT not in browser.cookies
    async with guarded.client() as admin:
        assert done(await admin.get("/accounts/ana"))["groups"] == ["risk"]
        told = {event["action"]: event["after"] for event in done(await admin.get("/events"))["items"]}
    assert told["account.linked"] == {"account": "ana", "issuer": provider, "subject": "sub-1"}
    assert told["account.signed_in"] == {"account": "ana", "way": "identity provider"}


async def test_groups_follow_the_claim_and_what_was_given_here_stays(guarded: Guarded, provider: str) -> None:
    tell_of(provider, "sub-2", preferred_username="ben", groups=["a", "b"])
    async with guarded.client() as admin, browser_of(guarded.app) as browser:
        for group in ("a", "b", "c", "d"):
            made(await admin.post("/groups", json={"name": group}))
        await come_back(browser, provider, "sub-2")
        done(await admin.put("/groups/d/members/ben"))
        tell_of(provider, "sub-2", preferred_username="ben", groups=["b", "c"])
        await come_back(browser, provider, "sub-2")
        assert done(await admin.get("/accounts/ben"))["groups"] == ["b", "c", "d"]


async def test_an_account_is_somebodys_by_subject_whatever_they_are_called(guarded: Guarded, provider: str) -> None:
    tell_of(provider, "sub-3", preferred_username="cleo", groups=[])
    async with browser_of(guarded.app) as browser:
        await come_back(browser, provider, "sub-3")
        tell_of(provider, "sub-3", preferred_username="cleopatra", groups=[])
        await come_back(browser, provider, "sub-3")
        assert done(await browser.get(f"{BASE}/me"))["name"] == "cleo"


@pytest.mark.parametrize("name", ["admin", "robot", "", "a/b", "anonymous", "x" * 300, "a\u202eb"])
async def test_a_name_that_is_taken_or_none_lets_nobody_in(guarded: Guarded, provider: str, name: str) -> None:
    tell_of(provider, "sub-4", preferred_username=name, groups=[])
    async with guarded.client() as admin, browser_of(guarded.app) as browser:
        made(await admin.post("/accounts", json={"name": "robot", "kind": "service"}))
        answer = await come_back(browser, provider, "sub-4")
        assert "You could not be signed in" in text_of(shown(answer, 401))
        assert COOKIE not in browser.cookies


async def test_an_account_that_is_there_is_taken_where_the_operator_wants_that(
    settings: Settings, provider: str, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> None:
    linking = dataclasses.replace(settings, oidc_issuer=provider, oidc_link=True)
    async with guarded_app(linking, contract, lambda: capsys.readouterr().out) as guarded:
        await guarded.enrol("dora", ("*", "reader"))
        for subject, status in (("sub-5", 303), ("sub-6", 401)):
            tell_of(provider, subject, preferred_username="dora", groups=[])
            async with browser_of(guarded.app) as browser:
                assert (await come_back(browser, provider, subject)).status_code == status


async def test_one_that_is_not_active_is_not_let_in(guarded: Guarded, provider: str) -> None:
    tell_of(provider, "sub-7", preferred_username="emil", groups=[])
    async with guarded.client() as admin, browser_of(guarded.app) as browser:
        await come_back(browser, provider, "sub-7")
        done(await admin.patch("/accounts/emil", json={"active": False}))
        refused(await browser.get(f"{BASE}/me"), 401, "unauthenticated")
        assert (await come_back(browser, provider, "sub-7")).status_code == 401


async def test_an_honest_token_lets_in_and_the_code_is_exchanged_with_pkce(
    lied_to: Guarded, liar: LyingProvider
) -> None:
    async with browser_of(lied_to.app) as browser:
        asked = parse_qs(urlsplit(leaving := await leave(browser)).query)
        assert asked["response_type"] == ["code"]
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["scope"] == ["openid profile email"]
        assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 43
        assert (await browser.get(liar.code_for(leaving))).status_code == 303
        assert done(await browser.get(f"{BASE}/me"))["name"] == "ana"
        assert len(liar.asked[0]["code_verifier"]) == 43


LIES_AT_SIGN_IN = LIES | {
    "two audiences without a party": claims(aud=["registry", "another"]),
    "for another party": claims(aud=["registry", "another"], azp="another"),
    "nonce replay: that of another sign-in": claims(nonce="N" * 43),
    "no nonce": claims(nonce=None),
}


@pytest.mark.parametrize("lie", LIES_AT_SIGN_IN.values(), ids=LIES_AT_SIGN_IN)
async def test_a_token_that_cannot_be_believed_lets_nobody_in(lied_to: Guarded, liar: LyingProvider, lie: Lie) -> None:
    lie(liar)
    async with browser_of(lied_to.app) as browser:
        answer = await browser.get(liar.code_for(await leave(browser)))
        assert "cannot be believed" in text_of(shown(answer, 401))
        assert COOKIE not in browser.cookies
    async with lied_to.client() as admin:
        refused(await admin.get("/accounts/ana"), 404, "account-not-found")


async def test_state_replay_a_browser_comes_back_once(lied_to: Guarded, liar: LyingProvider) -> None:
    async with browser_of(lied_to.app) as browser:
        leaving = await leave(browser)
        attempt = browser.cookies[ATTEMPT]
        assert (await browser.get(liar.code_for(leaving))).status_code == 303
        browser.cookies.set(ATTEMPT, attempt)
        answer = await browser.get(liar.code_for(leaving))
        assert "has not begun to sign in" in text_of(shown(answer, 401))
        assert len(liar.asked) == 1


async def test_a_code_of_somebody_elses_browser_lets_nobody_in(lied_to: Guarded, liar: LyingProvider) -> None:
    async with browser_of(lied_to.app) as attacker, browser_of(lied_to.app) as victim:
        address = liar.code_for(await leave(attacker))
        shown(await victim.get(address), 401)
        await leave(victim)
        shown(await victim.get(address), 401)
        assert COOKIE not in victim.cookies


@pytest.mark.parametrize(
    "query", ["", "?state=x", "?code=x", "?state=&code=", "?error=access_denied&state=x", "?a=%ff"]
)
async def test_whoever_comes_back_from_nowhere_is_not_let_in(lied_to: Guarded, query: str) -> None:
    async with browser_of(lied_to.app) as browser:
        assert (await browser.get(f"/sign-in/callback{query}")).status_code in {400, 401}
        await leave(browser)
        assert (await browser.get(f"/sign-in/callback{query}")).status_code in {400, 401}


async def test_session_fixation_who_comes_back_gets_a_new_session(lied_to: Guarded, liar: LyingProvider) -> None:
    async with browser_of(lied_to.app) as browser:
        await browser.get(liar.code_for(await leave(browser)))
        planted = browser.cookies[COOKIE]
        answer = await browser.get(liar.code_for(await leave(browser)))
        assert cookie_of(answer)[COOKIE].value != planted


async def test_cookie_flags_of_a_sign_in_that_is_under_way(lied_to: Guarded) -> None:
    async with browser_of(lied_to.app) as browser:
        morsel = cookie_of(await browser.get(LEAVE), ATTEMPT)[ATTEMPT]
        assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "lax", "/")
        browser.base_url = httpx.URL("https://127.0.0.1")
        morsel = cookie_of(await browser.get(LEAVE), f"__Host-{ATTEMPT}")[f"__Host-{ATTEMPT}"]
        assert (morsel["secure"], morsel["path"], morsel["domain"]) == (True, "/", "")


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_open_redirects_lead_home_from_the_provider_too(
    lied_to: Guarded, liar: LyingProvider, target: str
) -> None:
    async with browser_of(lied_to.app) as browser:
        answer = await browser.get(liar.code_for(await leave(browser, target)))
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_a_provider_that_does_not_answer_is_said_to_be_away(
    settings: Settings, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> None:
    away = dataclasses.replace(settings, oidc_issuer="http://127.0.0.1:9")
    async with (
        guarded_app(away, contract, lambda: capsys.readouterr().out) as guarded,
        browser_of(guarded.app) as browser,
    ):
        answer = await browser.get(LEAVE)
        assert "identity provider is not available" in text_of(shown(answer, 503))


async def test_an_issuer_that_says_it_is_another_is_not_believed(lied_to: Guarded, liar: LyingProvider) -> None:
    honest = liar.metadata()
    liar.metadata = lambda: {**honest, "issuer": "https://elsewhere.example"}  # type: ignore[method-assign]
    async with browser_of(lied_to.app) as browser:
        shown(await browser.get(LEAVE), 503)


async def test_without_a_provider_there_is_nothing_at_its_addresses(browser: httpx.AsyncClient) -> None:
    for address in (LEAVE, "/sign-in/callback?state=x&code=y"):
        assert (await browser.get(address)).status_code == 404
