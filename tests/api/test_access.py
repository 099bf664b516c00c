"""Who may do what, over HTTP."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from tests.api.access import Guarded, made
from tests.api.in_process import lifespan_of
from tests.api.steps import refused


async def test_the_first_start_tells_the_administrators_token_once_and_no_later_one_does(
    guarded: Guarded, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with guarded.client() as admin:
        me = (await admin.get("/me")).json()
    assert me == {
        "name": "admin",
        "authenticated": True,
        "roles": [{"models": "*", "role": "admin"}],
        "scopes": ["admin"],
        "models": ["*"],
    }
    async with lifespan_of(create_app(dataclasses.replace(settings, auth="tokens"))):
        assert "mdy_" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer mdy_wrong", "Bearer mdy_" + "0" * 42, "mdy_" + "0" * 42],
)
async def test_without_a_token_that_is_in_force_nothing_is_told(guarded: Guarded, header: str | None) -> None:
    async with guarded.stranger(**({} if header is None else {"Authorization": header})) as stranger:
        for address in ("/models", "/models/churn", "/me", "/versions", "/events", "/tokens"):
            answer = await stranger.get(address)
            refused(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_name_in_a_header_is_not_believed(guarded: Guarded) -> None:
    async with guarded.client(**{"X-Modelyard-Actor": "somebody"}) as admin:
        assert made(await admin.post("/models", json={"name": "churn"}))["created_by"] == "admin"
        events = (await admin.get("/models/churn/events")).json()["items"]
        assert [event["actor"] for event in events] == ["admin"]


async def test_health_is_told_to_everybody(guarded: Guarded) -> None:
    async with guarded.stranger() as stranger:
        for address in ("health", "ready", "openapi.json"):
            assert (await stranger.get(f"http://127.0.0.1/{address}")).status_code == 200


async def test_what_one_may_not_see_is_not_there(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        made(await admin.post("/models", json={"name": "secret.plans"}))
        made(await admin.post("/models", json={"name": "open.day"}))
    await guarded.enrol("ana", ("open.*", "maintainer"))
    async with guarded.client(await guarded.token_of("ana")) as ana:
        foreign, missing = [await ana.get(f"/models/{name}") for name in ("secret.plans", "secret.nothing")]
        assert refused(foreign, 404, "model-not-found")["detail"] == "there is no model 'secret.plans'"
        assert refused(missing, 404, "model-not-found")["detail"] == "there is no model 'secret.nothing'"
        assert (await ana.get("/models/open.day")).status_code == 200
        for method, address, body in (
            ("POST", "/models", {"name": "secret.plans"}),
            ("POST", "/models/open.day/rename", {"name": "secret.plans"}),
            ("GET", "/compare?versions=open.day:1,secret.plans:1", None),
            ("POST", "/models/secret.plans/versions", {}),
            ("POST", "/models/secret.new/versions?create_model=true", {}),
        ):
            refused(await ana.request(method, address, json=body), 404, "model-not-found")
        parent = await ana.post("/models/open.day/versions", json={"lineage": {"parent": "secret.plans:1"}})
        refused(parent, 422, "invalid-input")
        names = {event["model"] for event in (await ana.get("/events")).json()["items"]}
        assert names == {"open.day"}


async def test_what_one_may_see_but_not_do_is_refused_with_the_right_that_it_needs(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        made(await admin.post("/models", json={"name": "churn"}))
    await guarded.enrol("ana", ("*", "contributor"))
    async with guarded.client(await guarded.token_of("ana")) as ana:
        made(await ana.post("/models/churn/versions", json={}))
        for method, address, body, right in (
            ("DELETE", "/models/churn", None, "models:delete"),
            ("PUT", "/models/churn/aliases/champion", {"version": 1}, "aliases:move"),
            ("POST", "/models/churn/versions/1/transitions", {"to_stage": "staging"}, "versions:promote"),
            ("PUT", "/models/churn/policy", {}, "policies:edit"),
            ("PUT", "/policies/ch*", {}, "policies:edit"),
            ("POST", "/accounts", {"name": "ben"}, "access:edit"),
            ("GET", "/webhooks", None, "webhooks:edit"),
        ):
            answer = refused(await ana.request(method, address, json=body), 403, "permission-denied")
            assert answer["permission"] == right


async def test_who_maintains_promotes_up_to_staging_and_who_approves_to_production(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "maintainer"))
    await guarded.enrol("ben", ("*", "approver"))
    async with (
        guarded.client(await guarded.token_of("ana")) as ana,
        guarded.client(await guarded.token_of("ben")) as ben,
    ):
        made(await ana.post("/models/churn/versions?create_model=true", json={}))
        step = "/models/churn/versions/1/transitions"
        made(await ana.post(step, json={"to_stage": "staging"}))
        for dry in ("", "?dry_run=true"):
            answer = refused(await ana.post(step + dry, json={"to_stage": "production"}), 403, "permission-denied")
            assert answer["permission"] == "versions:release"
        made(await ben.post(step, json={"to_stage": "production"}))
        refused(await ana.post(step, json={"to_stage": "archived"}), 403, "permission-denied")
        refused(await ana.post("/models/churn/rollback", json={}), 403, "permission-denied")
        refused(await ana.delete("/models/churn?force=true"), 403, "permission-denied")


async def test_a_token_that_is_revoked_is_good_for_nothing_from_the_next_request_on(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "reader"))
    async with guarded.client() as admin:
        token = made(await admin.post("/tokens", json={"name": "t", "account": "ana", "scopes": ["read"]}))
        async with guarded.client(str(token["token"])) as ana:
            assert (await ana.get("/models")).status_code == 200
            assert (await admin.delete(f"/tokens/{token['id']}")).status_code == 204
            refused(await ana.get("/models"), 401, "unauthenticated")


async def test_rights_that_were_taken_away_hold_for_no_later_request(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "contributor"))
    async with guarded.client() as admin, guarded.client(await guarded.token_of("ana")) as ana:
        made(await ana.post("/models", json={"name": "churn"}))
        grants = (await admin.get("/grants?subject=account:ana")).json()["items"]
        assert (await admin.delete(f"/grants/{grants[0]['id']}")).status_code == 204
        refused(await ana.get("/models/churn"), 404, "model-not-found")
        made(await admin.post("/groups", json={"name": "risk"}))
        made(await admin.post("/grants", json={"subject": "group:risk", "models": "churn", "role": "reader"}))
        assert (await admin.put("/groups/risk/members/ana")).status_code == 200
        assert (await ana.get("/models/churn")).status_code == 200
        assert (await admin.delete("/groups/risk/members/ana")).status_code == 200
        refused(await ana.get("/models/churn"), 404, "model-not-found")
        assert (await admin.put("/groups/risk/members/ana")).status_code == 200
        assert (await admin.patch("/accounts/ana", json={"active": False})).status_code == 200
        refused(await ana.get("/models/churn"), 401, "unauthenticated")


async def test_a_token_expires(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        draft = {"name": "t", "scopes": ["read"]}
        refused(await admin.post("/tokens", json={**draft, "expires_at": "2020-01-01T00:00:00Z"}), 422, "invalid-input")
        soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
        token = made(await admin.post("/tokens", json={**draft, "expires_at": soon}))
    async with guarded.client(str(token["token"])) as short:
        assert (await short.get("/models")).status_code == 200
        answer = await short.get("/models")
        for _ in range(300):
            if answer.status_code != 200:
                break
            await asyncio.sleep(0.1)
            answer = await short.get("/models")
        refused(answer, 401, "unauthenticated")


async def test_a_token_makes_none_that_may_do_more(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "maintainer"))
    narrow = await guarded.token_of("ana", ["write"], ["fraud.*"])
    async with guarded.client(narrow) as ana:
        made(await ana.post("/tokens", json={"name": "same", "scopes": ["write"], "models": ["fraud.*"]}))
        for body in (
            {"name": "wider", "scopes": ["promote"], "models": ["fraud.*"]},
            {"name": "wider", "scopes": ["write"], "models": ["*"]},
            {"name": "wider", "scopes": ["write"]},
            {"name": "of another", "scopes": ["write"], "models": ["fraud.*"], "account": "admin"},
        ):
            refused(await ana.post("/tokens", json=body), 403, "permission-denied")


async def test_tokens_of_others_are_not_there(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "maintainer"))
    async with guarded.client(await guarded.token_of("ana")) as ana, guarded.client() as admin:
        own = (await ana.get("/tokens")).json()["items"]
        assert [token["account"] for token in own] == ["ana"]
        refused(await ana.get("/tokens?account=admin"), 403, "permission-denied")
        refused(await ana.get("/tokens?account=*"), 403, "permission-denied")
        first = next(one for one in (await admin.get("/tokens")).json()["items"] if one["account"] == "admin")
        refused(await ana.delete(f"/tokens/{first['id']}"), 404, "token-not-found")
        everyones = (await admin.get("/tokens?account=*")).json()["items"]
        assert {token["account"] for token in everyones} == {"ana", "admin"}


async def test_rotating_revokes_the_old_token_and_gives_one_like_it(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        token = made(await admin.post("/tokens", json={"name": "t", "scopes": ["read"], "models": ["fraud.*"]}))
        again = made(await admin.post(f"/tokens/{token['id']}/rotate"))
        assert {name: again[name] for name in ("name", "scopes", "models")} == {
            "name": "t",
            "scopes": ["read"],
            "models": ["fraud.*"],
        }
        async with guarded.client(str(token["token"])) as old, guarded.client(str(again["token"])) as new:
            refused(await old.get("/models"), 401, "unauthenticated")
            assert (await new.get("/models")).status_code == 200


async def test_somebody_stays_administrator(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        grants = (await admin.get("/grants")).json()["items"]
        refused(await admin.delete(f"/grants/{grants[0]['id']}"), 409, "last-administrator")
        refused(await admin.patch("/accounts/admin", json={"active": False}), 409, "last-administrator")
        assert (await admin.get("/me")).json()["roles"] == [{"models": "*", "role": "admin"}]


async def test_every_change_of_access_leaves_an_event_and_no_secret(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("fraud.*", "reader"))
    token = await guarded.token_of("ana")
    async with guarded.client() as admin:
        text = (await admin.get("/events?limit=500")).text
        actions = {event["action"] for event in (await admin.get("/events?limit=500")).json()["items"]}
        assert {"account.created", "role.granted", "token.created"} <= actions
        assert token not in text
        assert guarded.first_token not in text


async def test_the_last_use_of_a_token_is_remembered(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "reader"))
    token = await guarded.token_of("ana", ["read"])
    async with guarded.client() as admin, guarded.client(token) as ana:
        unused = (await admin.get("/tokens?account=ana")).json()["items"][0]
        assert unused["last_used_at"] is None
        await asyncio.gather(*(ana.get("/models") for _ in range(5)))
        used = (await admin.get("/tokens?account=ana")).json()["items"][0]
        assert used["last_used_at"] is not None


@pytest.mark.parametrize("subject", ["ana", "account:", "user:ana", "account:a*", "group:a:b", "group:risk\n"])
async def test_whom_a_grant_is_for_is_told_by_example(api: httpx.AsyncClient, subject: str) -> None:
    wanted = {"subject": subject, "models": "*", "role": "reader"}
    told = "should be `account:` or `group:` and a name, such as group:risk"
    for answer in (await api.post("/grants", json=wanted), await api.get("/grants", params={"subject": subject})):
        assert refused(answer, 422, "invalid-input")["errors"][0]["message"] == told


async def test_where_nobody_is_asked_everybody_may_prepare_accounts(api: httpx.AsyncClient) -> None:
    assert (await api.get("/me")).json()["authenticated"] is False
    made(await api.post("/accounts", json={"name": "ana"}))
    made(await api.post("/grants", json={"subject": "account:ana", "models": "*", "role": "admin"}))
    assert str(made(await api.post("/tokens", json={"name": "t", "account": "ana", "scopes": ["admin"]}))["token"])
