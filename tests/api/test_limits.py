"""How much and how often one may: rates by address and account, quotas of bytes, bounds drawn closer."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from modelyard.domain.access.rate import Rate
from modelyard.domain.access.token import new_secret
from modelyard.domain.quota import Quota
from tests.api.access import Guarded, guarded_app
from tests.api.in_process import BASE, ORIGIN, Contract, client_of, lifespan_of
from tests.api.steps import MODEL, add_model, add_version, done, form, pointers, refused

NAUGHTY = Rate(3, 3600)


@asynccontextmanager
async def open_registry(settings: Settings, contract: Contract, **changed: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(dataclasses.replace(settings, **changed))
    async with lifespan_of(app), client_of(app, contract) as client:
        yield client


@asynccontextmanager
async def guarded_registry(
    data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str], **changed: Any
) -> AsyncIterator[Guarded]:
    settings = Settings(data_dir=data_dir, auth="tokens", **changed)
    async with guarded_app(settings, contract, lambda: capsys.readouterr().out) as started:
        yield started


async def test_an_address_that_calls_too_often_is_told_when_to_come_again(data_dir: Path, contract: Contract) -> None:
    async with open_registry(Settings(data_dir=data_dir), contract, rate_per_address=NAUGHTY) as api:
        for left in (2, 1, 0):
            answer = await api.get("/models")
            assert answer.status_code == 200
            assert answer.headers["ratelimit-policy"] == '"address";q=3;w=3600'
            assert answer.headers["ratelimit"].startswith(f'"address";r={left};t=')
        answer = await api.get("/models")
        problem = refused(answer, 429, "too-many-requests")
        assert answer.headers["retry-after"] == str(problem["retry_after_seconds"])
        assert 3500 < problem["retry_after_seconds"] <= 3600
        assert answer.headers["ratelimit"].startswith('"address";r=0;t=')
        assert f"{problem['retry_after_seconds']} seconds" in problem["hint"]
        assert (await api.get(f"{ORIGIN}/health")).status_code == 200


async def test_nothing_is_counted_unless_somebody_asked_for_it(data_dir: Path, contract: Contract) -> None:
    async with open_registry(Settings(data_dir=data_dir), contract) as api:
        assert "ratelimit" not in (await api.get("/models")).headers


async def test_an_account_is_counted_by_itself_wherever_it_calls_from(
    data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> None:
    async with guarded_registry(data_dir, contract, capsys, rate_per_account=Rate(5, 3600)) as guarded:
        await guarded.enrol("ana", ("*", "reader"))
        token = await guarded.token_of("ana")
        seen = []
        for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3") * 2:
            transport = httpx.ASGITransport(guarded.app, client=(address, 1))
            headers = {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN + BASE, headers=headers) as client:
                answer = await client.get("/me")
            seen.append((answer.status_code, answer.headers["ratelimit"].partition(";t=")[0]))
        assert seen == [*[(200, f'"account";r={left}') for left in (4, 3, 2, 1, 0)], (429, '"account";r=0')]


@pytest.mark.parametrize("limit", ["rate_per_account", "rate_per_address"])
@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
async def test_whoever_watches_the_server_is_not_counted(
    data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str], limit: str, path: str
) -> None:
    async with guarded_registry(data_dir, contract, capsys, **{limit: NAUGHTY}) as guarded, guarded.client() as admin:
        for _ in range(5):
            answer = await admin.get(f"{ORIGIN}{path}")
            assert answer.status_code == 200, answer.text
            assert "ratelimit" not in answer.headers
        assert ";r=2;" in (await admin.get("/me")).headers["ratelimit"]


async def test_an_address_that_sends_wrong_tokens_is_held_up_and_right_ones_are_not(
    data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> None:
    async with guarded_registry(data_dir, contract, capsys, rate_of_failures=NAUGHTY) as guarded:
        kinds = []
        for _ in range(5):
            async with guarded.client(new_secret().text) as guesser:
                kinds.append((await guesser.get("/me")).json()["type"].rpartition(":")[2])
            async with guarded.client() as admin:
                assert (await admin.get("/me")).status_code == 200
            async with guarded.stranger() as stranger:
                refused(await stranger.get("/me"), 401, "unauthenticated")
        assert kinds == ["unauthenticated"] * 3 + ["too-many-requests"] * 2


async def test_a_quota_holds_for_all_models_of_a_glob_together(settings: Settings, contract: Contract) -> None:
    quotas = (Quota("fraud.*", 100), Quota("*", 1000))
    async with open_registry(settings, contract, quotas=quotas) as api:
        await add_version(api, "fraud.cards", {"a": b"a" * 60})
        answer = await api.post(
            "/models/fraud.loans/versions?create_model=true", files=form({"b": b"b" * 41, "c": b""})
        )
        problem = refused(answer, 409, "quota-exceeded")
        told = {name: problem[name] for name in ("models", "quota_bytes", "used_bytes", "wanted_bytes")}
        assert told == {"models": "fraud.*", "quota_bytes": 100, "used_bytes": 60, "wanted_bytes": 41}
        assert "Delete versions" in problem["hint"]
        refused(await api.get("/models/fraud.loans"), 404, "model-not-found")
        await add_version(api, "fraud.loans", {"b": b"b" * 40})
        await add_version(api, "other", {"o": b"o" * 900})
        for model in ("fraud.cards", "other"):
            answer = await api.post(f"/models/{model}/versions", files=form({"b": b"!"}))
            refused(answer, 409, "quota-exceeded")


async def test_what_is_deleted_makes_room_again(settings: Settings, contract: Contract) -> None:
    async with open_registry(settings, contract, quotas=(Quota("*", 100),)) as api:
        for name in ("one", "two"):
            await add_version(api, name, {"a": b"a" * 50})
        refused(await api.post("/models/one/versions", files=form({"a": b"a"})), 409, "quota-exceeded")
        done(await api.delete("/models/one/versions/1"))
        await add_version(api, "one", {"a": b"a" * 50})
        done(await api.delete("/models/two"))
        await add_version(api, "one", {"a": b"a" * 50})
        refused(await api.post("/models/one/versions", files=form({"a": b"a"})), 409, "quota-exceeded")


async def test_a_registration_that_is_refused_counts_nothing(settings: Settings, contract: Contract) -> None:
    async with open_registry(settings, contract, quotas=(Quota("*", 100),)) as api:
        await add_model(api)
        missing = [{"path": "a", "digest": f"sha256:{'0' * 64}", "size_bytes": 90}]
        refused(await api.post(f"{MODEL}/versions", json={"files": missing}), 409, "blobs-missing")
        await add_version(api, "churn", {"a": b"a" * 100})


async def test_bounds_of_pages_tags_and_metadata_can_be_drawn_closer(data_dir: Path, contract: Contract) -> None:
    closer = {"max_page_items": 2, "max_tags": 2, "max_metadata_bytes": 10}
    three = {"a": "", "b": "", "c": ""}
    async with open_registry(Settings(data_dir=data_dir), contract) as api:
        await add_version(api, "old", tags=three, metadata={"a": "1234567890"})
        for name in ("a", "b"):
            await add_model(api, name)
    async with open_registry(Settings(data_dir=data_dir), contract, **closer) as api:
        assert pointers(refused(await api.get("/models?limit=3"), 422, "invalid-input")) == ["limit"]
        for page in ("/models", "/models?limit=2"):
            assert len(done(await api.get(page))["items"]) == 2
        assert len((await api.get("/models?format=jsonl")).text.splitlines()) == 3
        answers = {
            "/tags": [
                await api.post("/models", json={"name": "c", "tags": three}),
                await api.patch("/models/a", json={"tags": three}),
                await api.patch("/models/old/versions/1", json={"tags": {"d": ""}}),
                await api.post("/models/a/versions", json={"files": [], "tags": three}),
            ],
            "/metadata": [
                await api.post("/models/a/versions", json={"files": [], "metadata": {"a": "12345"}}),
                await api.patch("/models/old/versions/1", json={"metadata": {"b": 1}}),
            ],
        }
        for pointer, refusals in answers.items():
            for answer in refusals:
                assert pointers(refused(answer, 422, "invalid-input")) == [pointer]
        done(await api.patch("/models/old/versions/1", json={"tags": {"a": None, "b": "kept"}, "card": "new"}))
        done(await api.post("/models/a/versions", json={"files": [], "metadata": {"a": "12"}, "tags": {"a": ""}}))
