"""Tokens of CI systems and clusters, exchanged for short-lived ones of a service."""

import asyncio
import base64
import dataclasses
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from modelyard.bootstrap.settings import Settings
from modelyard.domain.access.workload import TrustedIssuer
from tests.api.access import Guarded, guarded_app, made
from tests.api.in_process import Contract
from tests.api.steps import done, refused
from tests.servers.openid import LIES, Lie, LyingProvider, claims, lying_provider, signed

ON_ONE_DATABASE = pytest.mark.parametrize("database_url", [""])
AUDIENCE = "modelyard"
MAIN = "repo:acme/fraud:ref:refs/heads/main"
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
}


@pytest.fixture
def liar() -> Iterator[LyingProvider]:
    with lying_provider() as served:
        served.claims["sub"] = MAIN
        yield served


@pytest.fixture
async def guarded(
    settings: Settings, liar: LyingProvider, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Guarded]:
    trusting = dataclasses.replace(settings, auth="tokens", workload_issuers=(TrustedIssuer(address=liar.address),))
    async with guarded_app(trusting, contract, lambda: capsys.readouterr().out) as started:
        async with started.client() as admin:
            made(await admin.post("/accounts", json={"name": "nightly", "kind": "service"}))
            grant = {"subject": "account:nightly", "models": "*", "role": "contributor"}
            made(await admin.post("/grants", json=grant))
        yield started


def identity_token(liar: LyingProvider, **claims: Any) -> str:
    liar.claims.update(claims)
    return liar.token({"client_id": AUDIENCE, "nonce": "n"})


async def trust(guarded: Guarded, liar: LyingProvider, **changed: object) -> dict[str, Any]:
    rule = {"account": "nightly", "issuer": liar.address, "audience": AUDIENCE, "subject": MAIN, "scopes": ["write"]}
    async with guarded.client() as admin:
        return made(await admin.post("/workload-identities", json={**rule, **changed}))


async def exchanged(guarded: Guarded, token: str, **fields: str) -> httpx.Response:
    async with guarded.stranger() as job:
        return await job.post("/oauth/token", data={**EXCHANGE, "subject_token": token, **fields})


async def test_a_job_that_is_trusted_acts_as_its_service_for_a_short_time(
    guarded: Guarded, liar: LyingProvider
) -> None:
    rule = await trust(guarded, liar, models=["fraud.*"], ttl_seconds=600)
    answer = await exchanged(guarded, identity_token(liar))
    given = done(answer)
    assert given.items() >= {"token_type": "Bearer", "expires_in": 600, "scope": "write", "account": "nightly"}.items()
    assert answer.headers["cache-control"] == "no-store"
    async with guarded.client(given["access_token"]) as job:
        assert made(await job.post("/models", json={"name": "fraud.cards"}))["created_by"] == "nightly"
        refused(await job.post("/models", json={"name": "other"}), 404, "model-not-found")
    async with guarded.client() as admin:
        [token] = done(await admin.get("/tokens", params={"account": "nightly"}))["items"]
        assert (token["kind"], token["name"], token["models"]) == ("exchanged", MAIN, ["fraud.*"])
        told = [event for event in done(await admin.get("/events"))["items"] if event["action"] == "token.created"]
        assert told[0]["actor"] == "nightly"
        assert told[0]["after"].items() >= {"issuer": liar.address, "subject": MAIN}.items()
        assert done(await admin.get("/workload-identities"))["items"] == [rule]


async def test_its_token_makes_none_that_would_be_left_and_is_not_replaced(
    guarded: Guarded, liar: LyingProvider
) -> None:
    await trust(guarded, liar)
    soon = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
    token = done(await exchanged(guarded, identity_token(liar)))["access_token"]
    async with guarded.client(token) as job:
        for end in ({}, {"expires_at": soon}, {"expires_at": "2999-01-31T12:00:00Z"}):
            wanted = {"name": "left", "scopes": ["write"], **end}
            refused(await job.post("/tokens", json=wanted), 403, "permission-denied")
        [own] = done(await job.get("/tokens"))["items"]
        refused(await job.post(f"/tokens/{own['id']}/rotate"), 404, "token-not-found")


async def test_whom_nobody_trusts_any_more_is_let_in_by_no_token_that_it_has(
    guarded: Guarded, liar: LyingProvider
) -> None:
    rule = await trust(guarded, liar)
    token = done(await exchanged(guarded, identity_token(liar)))["access_token"]
    async with guarded.client() as admin, guarded.client(token) as job:
        done(await job.get("/me"))
        assert (await admin.delete(f"/workload-identities/{rule['id']}")).status_code == 204
        refused(await job.get("/me"), 401, "unauthenticated")
        refused(await admin.delete(f"/workload-identities/{rule['id']}"), 404, "workload-identity-not-found")
    refused(await exchanged(guarded, identity_token(liar)), 400, "invalid-grant")


async def test_whom_another_rule_trusts_works_on(guarded: Guarded, liar: LyingProvider) -> None:
    rule, other = await trust(guarded, liar), await trust(guarded, liar, subject=MAIN + ":next")
    token = done(await exchanged(guarded, identity_token(liar)))["access_token"]
    token_of_other = done(await exchanged(guarded, identity_token(liar, sub=MAIN + ":next")))["access_token"]
    async with guarded.client() as admin, guarded.client(token_of_other) as job:
        assert (await admin.delete(f"/workload-identities/{rule['id']}")).status_code == 204
        done(await job.get("/me"))
        assert (await admin.delete(f"/workload-identities/{other['id']}")).status_code == 204
        refused(await job.get("/me"), 401, "unauthenticated")
    async with guarded.client(token) as job:
        refused(await job.get("/me"), 401, "unauthenticated")


async def test_of_several_rules_the_most_specific_subject_decides(guarded: Guarded, liar: LyingProvider) -> None:
    await trust(guarded, liar, subject="repo:acme/*", scopes=["read"])
    await trust(guarded, liar, subject="repo:acme/fraud:*", scopes=["read", "write"])
    assert done(await exchanged(guarded, identity_token(liar)))["scope"] == "read write"
    assert done(await exchanged(guarded, identity_token(liar, sub="repo:acme/other:x")))["scope"] == "read"
    refused(await exchanged(guarded, identity_token(liar, sub="repo:evil/fraud:x")), 400, "invalid-grant")


async def test_where_several_services_are_meant_one_is_named(guarded: Guarded, liar: LyingProvider) -> None:
    async with guarded.client() as admin:
        made(await admin.post("/accounts", json={"name": "weekly", "kind": "service"}))
    await trust(guarded, liar)
    await trust(guarded, liar, account="weekly")
    token = identity_token(liar)
    assert "several services" in refused(await exchanged(guarded, token), 400, "invalid-grant")["detail"]
    for account in ("weekly", "nightly"):
        assert done(await exchanged(guarded, token, account=account))["account"] == account
    refused(await exchanged(guarded, token, account="admin"), 400, "invalid-grant")


async def test_a_service_that_is_not_active_gets_nothing(guarded: Guarded, liar: LyingProvider) -> None:
    await trust(guarded, liar)
    async with guarded.client() as admin:
        done(await admin.patch("/accounts/nightly", json={"active": False}))
    refused(await exchanged(guarded, identity_token(liar)), 400, "invalid-grant")


def of_payload(payload: bytes) -> Lie:
    head, body = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg": "RS256"}', payload))
    return signed(lambda *_: f"{head}.{body}.AA")


LIES_OF_JOBS = LIES | {
    "three parts of nothing": signed(lambda *_: "..."),
    "a payload that is no document": of_payload(b"[]"),
    "an issuer that is no text": of_payload(b'{"iss": {}}'),
    "a payload nested deeply": of_payload(b"[" * 20_000),
    "another subject": claims(sub=MAIN + "x"),
    "a subject in other letters": claims(sub=MAIN.upper()),
    "a subject that is no text": claims(sub=["a"]),
    "an end that is no number": claims(exp="tomorrow"),
}


@ON_ONE_DATABASE
@pytest.mark.parametrize("lie", LIES_OF_JOBS.values(), ids=LIES_OF_JOBS)
async def test_a_token_that_cannot_be_believed_is_worth_nothing(
    guarded: Guarded, liar: LyingProvider, lie: Lie
) -> None:
    await trust(guarded, liar)
    lie(liar)
    problem = refused(await exchanged(guarded, identity_token(liar)), 400, "invalid-grant")
    assert problem["error"] == "invalid_grant"
    async with guarded.client() as admin:
        assert done(await admin.get("/tokens", params={"account": "nightly"}))["items"] == []


async def test_an_audience_among_several_is_one(guarded: Guarded, liar: LyingProvider) -> None:
    await trust(guarded, liar)
    assert done(await exchanged(guarded, identity_token(liar, aud=["another", AUDIENCE])))["account"] == "nightly"


async def test_keys_may_lie_in_a_file_and_then_nobody_is_asked(
    tmp_path: Path, liar: LyingProvider, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [liar.key.as_dict(private=False)]}))
    inside = "https://kubernetes.default.svc.cluster.local"
    settings = Settings(
        data_dir=tmp_path / "data", auth="tokens", workload_issuers=(TrustedIssuer(address=inside, keys=keys),)
    )
    async with guarded_app(settings, contract, lambda: capsys.readouterr().out) as guarded:
        async with guarded.client() as admin:
            made(await admin.post("/accounts", json={"name": "nightly", "kind": "service"}))
        pod = "system:serviceaccount:training:nightly"
        await trust(guarded, liar, issuer=inside, subject=pod)
        given = await exchanged(guarded, identity_token(liar, iss=inside, sub=pod))
        assert done(given)["account"] == "nightly"
        keys.write_text("nothing")
        assert done(await exchanged(guarded, identity_token(liar)))["account"] == "nightly"


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"issuer": "https://elsewhere.example"}, "/issuer"),
        ({"subject": "*"}, "/subject"),
        ({"subject": "**"}, "/subject"),
        ({"subject": "a\nb"}, "/subject"),
        ({"audience": ""}, "/audience"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["root"]}, "/scopes/0"),
        ({"models": []}, "/models"),
        ({"models": ["a/b"]}, "/models/0"),
        ({"ttl_seconds": 59}, "/ttl_seconds"),
        ({"ttl_seconds": 3601}, "/ttl_seconds"),
        ({"account": "admin"}, "/account"),
        ({"more": 1}, "/more"),
    ],
)
async def test_a_rule_against_the_rules_is_refused(
    guarded: Guarded, liar: LyingProvider, changed: dict[str, object], pointer: str
) -> None:
    rule = {"account": "nightly", "issuer": liar.address, "audience": AUDIENCE, "subject": MAIN, "scopes": ["write"]}
    async with guarded.client() as admin:
        answer = await admin.post("/workload-identities", json={**rule, **changed})
        problem = refused(answer, 422, "invalid-input")
        assert pointer in {fault["pointer"] for fault in problem["errors"]}
        unknown = await admin.post("/workload-identities", json={**rule, "account": "nobody"})
        refused(unknown, 404, "account-not-found")


async def test_wrong_tokens_count_against_their_address(guarded: Guarded, liar: LyingProvider) -> None:
    await trust(guarded, liar)
    wrong = await asyncio.gather(*(exchanged(guarded, "wrong") for _ in range(70)))
    assert {answer.status_code for answer in wrong} == {400, 429}
    assert done(await exchanged(guarded, identity_token(liar)))["account"] == "nightly"


async def test_an_issuer_that_does_not_answer_is_said_to_be_away(guarded: Guarded, liar: LyingProvider) -> None:
    await trust(guarded, liar)
    honest = liar.metadata()
    liar.metadata = lambda: {**honest, "issuer": "https://elsewhere.example"}  # type: ignore[method-assign]
    refused(await exchanged(guarded, identity_token(liar)), 503, "provider-unavailable")


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, "invalid-request"),
        ({"grant_type": "password"}, "unsupported-grant-type"),
        ({"grant_type": EXCHANGE["grant_type"]}, "invalid-request"),
        ({**EXCHANGE, "subject_token_type": "saml", "subject_token": "x"}, "invalid-request"),
        ({**EXCHANGE}, "invalid-request"),
        ({**EXCHANGE, "subject_token": "x" * 40_000}, "invalid-request"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "invalid-request"),
    ],
)
async def test_what_is_no_request_for_a_token_is_told_so(guarded: Guarded, form: dict[str, str], code: str) -> None:
    async with guarded.stranger() as job:
        problem = refused(await job.post("/oauth/token", data={"unknown": "is ignored", **form}), 400, code)
        assert problem["error"] == code.replace("-", "_")
        refused(await job.post("/oauth/token", json=form), 415, "unsupported-media-type")


async def test_a_registry_that_trusts_no_issuer_gives_nothing(
    data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str], liar: LyingProvider
) -> None:
    settings = Settings(data_dir=data_dir, auth="tokens")
    async with guarded_app(settings, contract, lambda: capsys.readouterr().out) as guarded:
        refused(await exchanged(guarded, identity_token(liar)), 400, "invalid-grant")


async def test_a_registry_that_asks_nobody_has_no_tokens_to_give(api: httpx.AsyncClient) -> None:
    refused(await api.post("/oauth/token", data=EXCHANGE), 404, "not-found")
    refused(await api.post("/oauth/device_authorization", data={"client_id": "x"}), 404, "not-found")
