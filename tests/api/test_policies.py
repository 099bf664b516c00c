import httpx
import pytest

from tests.api.steps import MODEL, Document, add_model, add_version, done, events_of, pointers, refused

POLICY = f"{MODEL}/policy"
GOOD_ENOUGH = {"name": "good enough", "expression": "metric.auc@holdout >= 0.9"}


async def put(api: httpx.AsyncClient, address: str, **policy: object) -> Document:
    return done(await api.put(address, json=policy))


class TestWhichHolds:
    async def test_without_any_the_built_in_one_holds(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        held = done(await api.get(POLICY))
        assert (held["source"], held["pattern"], held["overridden"]) == ("built-in", None, [])
        assert held["exclusive"] == ["production"]
        assert held["transitions"]["draft"] == ["staging", "archived"]
        assert (held["gates"], held["approvals"]) == ({}, {})

    async def test_the_most_specific_glob_wins_and_the_models_own_over_all(self, api: httpx.AsyncClient) -> None:
        await add_model(api, "fraud.cards.detector")
        address = "/models/fraud.cards.detector/policy"
        for count, pattern in enumerate(("*", "fraud.*", "*.detector", "fraud.cards.*", "churn*"), 1):
            await put(api, f"/policies/{pattern}", approvals={"production": count})
        held = done(await api.get(address))
        assert (held["source"], held["pattern"]) == ("pattern", "fraud.cards.*")
        assert held["overridden"] == ["*.detector", "fraud.*", "*"]
        assert held["approvals"] == {"production": 4}

        await put(api, address, approvals={"production": 9})
        held = done(await api.get(address))
        assert (held["source"], held["approvals"]) == ("model", {"production": 9})
        assert held["overridden"] == ["fraud.cards.*", "*.detector", "fraud.*", "*"]

        assert (await api.delete(address)).status_code == 204
        assert done(await api.get(address))["pattern"] == "fraud.cards.*"

    async def test_a_renamed_model_falls_under_other_globs(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        await put(api, "/policies/fraud.*", approvals={"production": 2})
        done(await api.post(f"{MODEL}/rename", json={"name": "fraud.churn"}))
        assert done(await api.get("/models/fraud.churn/policy"))["pattern"] == "fraud.*"


class TestSetting:
    async def test_an_event_shows_the_old_and_the_new_one(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        first = await put(api, POLICY, gates={"production": [GOOD_ENOUGH]})
        await put(api, POLICY, exclusive=[])
        await api.delete(POLICY)
        told = await events_of(api, model="churn", action="policy.changed")
        assert [event["before"] and event["before"]["gates"] for event in told] == [None, {"production": [GOOD_ENOUGH]}]
        assert [event["after"]["exclusive"] for event in told] == [["production"], []]
        [gone] = await events_of(api, action="policy.deleted")
        assert gone["before"]["exclusive"] == []
        assert first["revision"] == 1

    async def test_the_policy_of_a_glob_stands_in_the_registrys_chain(self, api: httpx.AsyncClient) -> None:
        await put(api, "/policies/fraud.*", approvals={"production": 1})
        assert (await api.delete("/policies/fraud.*")).status_code == 204
        changed, deleted = await events_of(api)
        assert (changed["action"], changed["chain"], changed["model"]) == ("policy.changed", 0, "")
        assert changed["after"]["pattern"] == deleted["before"]["pattern"] == "fraud.*"

    async def test_setting_what_is_set_leaves_no_event(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        for address in (POLICY, "/policies/*"):
            first = await put(api, address, approvals={"production": 1})
            again = await put(api, address, approvals={"production": 1, "rollback": 0}, gates={"staging": []})
            assert first == again
        assert len(await events_of(api, action="policy.changed")) == 2

    async def test_two_people_cannot_race(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        for address in (POLICY, "/policies/*"):
            made = await api.put(address, json={}, headers={"If-None-Match": "*"})
            assert made.status_code == 201
            refused(await api.put(address, json={}, headers={"If-None-Match": "*"}), 412, "precondition-failed")
            changed = await api.put(address, json={"exclusive": []}, headers={"If-Match": made.headers["etag"]})
            assert (changed.status_code, changed.json()["revision"]) == (200, 2)
            stale = {"If-Match": made.headers["etag"]}
            refused(await api.put(address, json={}, headers=stale), 412, "precondition-failed")
            refused(await api.delete(address, headers=stale), 412, "precondition-failed")
            assert (await api.get(address, headers={"If-None-Match": changed.headers["etag"]})).status_code == 304

    async def test_globs_are_listed_by_pattern(self, api: httpx.AsyncClient) -> None:
        for pattern in ("b*", "a*"):
            await put(api, f"/policies/{pattern}")
        assert [item["pattern"] for item in done(await api.get("/policies"))["items"]] == ["a*", "b*"]
        assert done(await api.get("/policies/a*"))["pattern"] == "a*"

    async def test_what_is_not_there_is_not_found(self, api: httpx.AsyncClient) -> None:
        refused(await api.get(POLICY), 404, "model-not-found")
        refused(await api.put(POLICY, json={}), 404, "model-not-found")
        await add_model(api)
        refused(await api.delete(POLICY), 404, "policy-not-found")
        refused(await api.get("/policies/a*"), 404, "policy-not-found")
        refused(await api.delete("/policies/a*"), 404, "policy-not-found")

    @pytest.mark.parametrize(
        ("policy", "pointer"),
        [
            (
                {"gates": {"production": [{"name": "g", "expression": "metric.auc >="}]}},
                "/gates/production/0/expression",
            ),
            ({"gates": {"production": [{"name": "g", "expression": "card > 3"}]}}, "/gates/production/0/expression"),
            ({"gates": {"live": []}}, "/gates/live"),
            ({"gates": {"staging": [GOOD_ENOUGH, GOOD_ENOUGH]}}, "/gates/staging/1/name"),
            ({"approvals": {"production": 11}}, "/approvals/production"),
            ({"approvals": {"draft ": 1}}, "/approvals/draft "),
            ({"transitions": {"draft": ["draft"]}}, "/transitions/draft"),
            ({"transitions": {"live": []}}, "/transitions/live"),
            ({"exclusive": ["draft"]}, "/exclusive"),
            ({"rules": {}}, "/rules"),
        ],
    )
    async def test_what_is_no_policy_is_refused_with_the_place(
        self, api: httpx.AsyncClient, policy: Document, pointer: str
    ) -> None:
        await add_model(api)
        problem = refused(await api.put(POLICY, json=policy), 422, "invalid-input")
        assert any(pointed.startswith(pointer) for pointed in pointers(problem)), problem
        assert done(await api.get(POLICY))["source"] == "built-in"

    async def test_a_gate_that_does_not_parse_is_refused_with_the_position(self, api: httpx.AsyncClient) -> None:
        gates = {"production": [{"name": "typo", "expression": "metrik.auc >= 0.9"}]}
        problem = refused(await api.put("/policies/*", json={"gates": gates}), 422, "invalid-input")
        assert problem["position"] == 0
        assert "metric" in problem["errors"][0]["message"]

    @pytest.mark.parametrize("pattern", ["churn", "a*/b", " *", "*:*"])
    async def test_what_is_no_glob_is_refused(self, api: httpx.AsyncClient, pattern: str) -> None:
        response = await api.put(f"/policies/{pattern.replace('/', '%2F')}", json={})
        assert response.status_code in {404, 422}


class TestGoverning:
    async def test_a_policy_may_let_versions_skip_staging(self, api: httpx.AsyncClient) -> None:
        await add_version(api)
        await put(api, POLICY, transitions={"draft": ["production"]})
        moved = done(await api.post(f"{MODEL}/versions/1/transitions", json={"to_stage": "production"}))
        assert moved["step"] == "promote"

    async def test_a_policy_may_close_ways(self, api: httpx.AsyncClient) -> None:
        await add_version(api)
        await put(api, POLICY, transitions={"draft": []})
        body = {"to_stage": "staging"}
        problem = refused(await api.post(f"{MODEL}/versions/1/transitions", json=body), 409, "transition-refused")
        assert problem["allowed"] == []

    async def test_a_policy_may_let_production_hold_several_and_staging_one(self, api: httpx.AsyncClient) -> None:
        await put(api, "/policies/*", exclusive=["staging"])
        for number in (1, 2, 3):
            await add_version(api)
            moved = done(await api.post(f"{MODEL}/versions/{number}/transitions", json={"to_stage": "staging"}))
            assert moved["archived"] == []
            if number < 3:
                done(await api.post(f"{MODEL}/versions/{number}/transitions", json={"to_stage": "production"}))
        assert done(await api.get(MODEL))["production"] == [1, 2]
        await add_version(api)
        moved = done(await api.post(f"{MODEL}/versions/4/transitions", json={"to_stage": "staging"}))
        assert moved["archived"] == [3]
