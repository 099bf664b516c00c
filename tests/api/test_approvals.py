import httpx
import pytest

from tests.api.steps import MODEL, Document, add_version, done, events_of, move, refused

POLICY = f"{MODEL}/policy"
REQUESTS = f"{MODEL}/requests"
ANA, BEN, CAI = ({"X-Modelyard-Actor": name} for name in ("ana", "ben", "cai"))


async def request(api: httpx.AsyncClient, number: int = 1, **fields: object) -> Document:
    body = {"version": number, "to_stage": "production", "reason": "it is better", **fields}
    return done(await api.post(REQUESTS, json=body, headers=ANA))


async def decide(
    api: httpx.AsyncClient, verb: str, who: dict[str, str], number: int = 1, reason: str = ""
) -> httpx.Response:
    return await api.post(f"{REQUESTS}/{number}/{verb}", json={"reason": reason}, headers=who)


async def stage_of(api: httpx.AsyncClient, number: int = 1) -> str:
    return str(done(await api.get(f"{MODEL}/versions/{number}"))["stage"])


@pytest.fixture(autouse=True)
async def candidate(api: httpx.AsyncClient) -> None:
    """Version 1 is in staging; production needs one approval."""
    await add_version(api)
    await move(api, 1, "staging")
    done(await api.put(POLICY, json={"approvals": {"production": 1}}))


class TestFourEyes:
    async def test_without_approval_it_is_refused(self, api: httpx.AsyncClient) -> None:
        body = {"to_stage": "production"}
        problem = refused(await api.post(f"{MODEL}/versions/1/transitions", json=body), 409, "approval-required")
        assert (problem["needed"], problem["given"]) == (1, 0)
        assert "/requests" in problem["hint"]

    async def test_the_last_approval_takes_the_step(self, api: httpx.AsyncClient) -> None:
        asked = await request(api)
        assert (asked["status"], asked["checklist"]["approvals_needed"]) == ("open", 1)
        answer = done(await decide(api, "approve", BEN, reason="agreed"))
        assert (answer["status"], answer["closed_by"]) == ("executed", "ben")
        assert answer["transition"]["version"]["stage"] == await stage_of(api) == "production"
        assert [approval["approver"] for approval in answer["approvals"]] == ["ben"]
        told = (await events_of(api, model="churn"))[-3:]
        assert [(event["action"], event["actor"]) for event in told] == [
            ("request.created", "ana"),
            ("request.approved", "ben"),
            ("version.stage_changed", "ben"),
        ]
        assert (told[-1]["after"]["request"], told[-1]["reason"]) == (asked["id"], "it is better")

    async def test_nobody_approves_or_rejects_their_own(self, api: httpx.AsyncClient) -> None:
        await request(api)
        for verb in ("approve", "reject"):
            refused(await decide(api, verb, ANA, reason="mine"), 409, "own-request")
        assert await stage_of(api) == "staging"

    async def test_nobody_approves_twice(self, api: httpx.AsyncClient) -> None:
        done(await api.put(POLICY, json={"approvals": {"production": 2}}))
        await request(api)
        assert done(await decide(api, "approve", BEN))["status"] == "open"
        refused(await decide(api, "approve", BEN), 409, "own-request")
        assert await stage_of(api) == "staging"
        assert done(await decide(api, "approve", CAI))["status"] == "executed"

    async def test_a_replayed_approval_counts_once(self, api: httpx.AsyncClient) -> None:
        done(await api.put(POLICY, json={"approvals": {"production": 2}}))
        await request(api)
        first, again = [
            await api.post(f"{REQUESTS}/1/approve", json={}, headers=BEN | {"Idempotency-Key": "k"}) for _ in range(2)
        ]
        assert (first.json(), again.headers["idempotent-replayed"]) == (again.json(), "true")
        assert len(done(await api.get(f"{REQUESTS}/1"))["approvals"]) == 1


class TestDeciding:
    async def test_a_rejection_tells_why_and_ends_it(self, api: httpx.AsyncClient) -> None:
        await request(api)
        refused(await decide(api, "reject", BEN), 422, "invalid-input")
        answer = done(await decide(api, "reject", BEN, reason="too slow"))
        assert (answer["status"], answer["status_reason"]) == ("rejected", "too slow")
        for verb in ("approve", "reject", "withdraw"):
            problem = refused(await decide(api, verb, CAI, reason="late"), 409, "request-closed")
            assert problem["standing"] == "rejected"

    async def test_what_is_withdrawn_can_be_asked_for_again(self, api: httpx.AsyncClient) -> None:
        await request(api)
        assert refused(await api.post(REQUESTS, json={"version": 1, "to_stage": "production"}), 409, "request-exists")
        assert done(await decide(api, "withdraw", ANA))["status"] == "withdrawn"
        assert (await request(api))["id"] == 2

    async def test_gates_are_held_against_when_the_step_is_taken(self, api: httpx.AsyncClient) -> None:
        gate = {"name": "good", "expression": "metric.auc >= 0.9 and approvals >= 1"}
        done(await api.put(POLICY, json={"gates": {"production": [gate]}, "approvals": {"production": 1}}))
        await request(api)
        answer = done(await decide(api, "approve", BEN))
        assert (answer["status"], answer["checklist"]["passed"], await stage_of(api)) == ("open", False, "staging")
        point = {"name": "auc", "value": 0.95}
        done(await api.post(f"{MODEL}/versions/1/metrics", json={"metrics": [point]}))
        done(await api.post(f"{MODEL}/versions/1/transitions", json={"to_stage": "production"}))
        assert done(await api.get(f"{REQUESTS}/1"))["status"] == "executed"

    async def test_one_can_be_asked_for_where_the_policy_needs_none(self, api: httpx.AsyncClient) -> None:
        assert (await api.delete(POLICY)).status_code == 204
        await request(api)
        assert done(await decide(api, "approve", BEN))["status"] == "executed"

    async def test_a_step_that_there_is_not_cannot_be_asked_for(self, api: httpx.AsyncClient) -> None:
        refused(await api.post(REQUESTS, json={"version": 1, "to_stage": "staging"}), 409, "transition-refused")
        refused(await api.post(REQUESTS, json={"version": 9, "to_stage": "production"}), 404, "version-not-found")
        refused(await api.get(f"{REQUESTS}/1"), 404, "request-not-found")


class TestWithdrawnByItself:
    @pytest.mark.parametrize(
        ("patch", "is_open"),
        [({"card": "# New"}, False), ({"tags": {"a": "b"}}, False), ({"metadata": {"a": 1}}, False), ({}, True)],
    )
    async def test_when_the_version_is_described_anew(
        self, api: httpx.AsyncClient, patch: Document, is_open: bool
    ) -> None:
        done(await api.put(POLICY, json={"approvals": {"production": 2}}))
        await request(api)
        done(await decide(api, "approve", BEN))
        done(await api.patch(f"{MODEL}/versions/1", json=patch))
        read = done(await api.get(f"{REQUESTS}/1"))
        assert read["status"] == ("open" if is_open else "withdrawn")
        if not is_open:
            assert read["status_reason"] == "the version was changed"
            refused(await decide(api, "approve", CAI), 409, "request-closed")
            assert (await request(api))["approvals"] == []

    async def test_when_the_policy_changes(self, api: httpx.AsyncClient) -> None:
        await request(api)
        done(await api.put(POLICY, json={"approvals": {"production": 1}, "exclusive": []}))
        assert done(await api.get(f"{REQUESTS}/1"))["status_reason"] == "the policy was changed"
        refused(await decide(api, "approve", BEN), 409, "request-closed")

    async def test_when_the_version_moves(self, api: httpx.AsyncClient) -> None:
        await request(api)
        await move(api, 1, "draft")
        assert done(await api.get(f"{REQUESTS}/1"))["status_reason"] == "the version is in draft now"

    async def test_approvals_of_what_was_withdrawn_do_not_count(self, api: httpx.AsyncClient) -> None:
        done(await api.put(POLICY, json={"approvals": {"production": 2}}))
        await request(api)
        done(await decide(api, "approve", BEN))
        done(await api.patch(f"{MODEL}/versions/1", json={"card": "other"}))
        body = {"to_stage": "production"}
        problem = refused(await api.post(f"{MODEL}/versions/1/transitions", json=body), 409, "approval-required")
        assert problem["given"] == 0

    @pytest.mark.parametrize("moment", ["2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
    async def test_it_expires_in_a_bounded_time(self, api: httpx.AsyncClient, moment: str) -> None:
        body = {"version": 1, "to_stage": "production", "expires_at": moment}
        refused(await api.post(REQUESTS, json=body), 422, "invalid-input")


class TestListing:
    async def test_the_newest_first_by_status_and_in_pages(self, api: httpx.AsyncClient) -> None:
        for number in range(1, 4):
            await request(api)
            done(await decide(api, "withdraw", ANA, number))
        await request(api)
        page = done(await api.get(REQUESTS, params={"limit": 3}))
        assert [item["id"] for item in page["items"]] == [4, 3, 2]
        rest = done(await api.get(REQUESTS, params={"limit": 3, "cursor": page["next_cursor"]}))
        assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == ([1], None)
        assert [item["id"] for item in done(await api.get(REQUESTS, params={"status": "open"}))["items"]] == [4]
