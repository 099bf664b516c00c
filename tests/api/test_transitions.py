import httpx
import pytest

from tests.api.steps import FIRST, MODEL, add_model, add_version, done, events_of, move, refused

TRANSITIONS = f"{FIRST}/transitions"


class TestMoving:
    async def test_a_transition_says_what_happened(self, api: httpx.AsyncClient) -> None:
        await add_version(api)
        body = {"to_stage": "staging", "from_stage": "draft", "reason": "looks good"}
        response = await api.post(TRANSITIONS, json=body)
        assert response.status_code == 201
        transition = response.json()
        assert (transition["from_stage"], transition["to_stage"], transition["step"]) == ("draft", "staging", "promote")
        assert (transition["archived"], transition["gates"], transition["reason"]) == ([], [], "looks good")
        read = await api.get(FIRST)
        assert (read.json(), read.headers["etag"]) == (transition["version"], response.headers["etag"])

    async def test_the_next_in_production_archives_the_last(self, api: httpx.AsyncClient) -> None:
        for _ in range(2):
            await add_version(api)
        await move(api, 1, "staging", "production")
        transition = await move(api, 2, "staging", "production")
        assert transition["archived"] == [1]
        assert done(await api.get(FIRST))["stage"] == "archived"
        assert done(await api.get(f"{MODEL}/versions/production"))["number"] == 2

    async def test_rolling_back_is_a_step_from_archived_to_production(self, api: httpx.AsyncClient) -> None:
        for number in (1, 2):
            await add_version(api)
            await move(api, number, "staging", "production")
        transition = await move(api, 1, "production")
        assert (transition["step"], transition["archived"]) == ("rollback", [2])

    @pytest.mark.parametrize(
        ("before", "target", "allowed"),
        [
            ((), "production", ["staging", "archived"]),
            ((), "draft", ["staging", "archived"]),
            (("staging",), "staging", ["draft", "production", "archived"]),
            (("staging", "production"), "draft", ["staging", "archived"]),
            (("archived",), "production", ["draft", "staging"]),
        ],
    )
    async def test_a_step_that_there_is_not_is_refused_with_those_that_there_are(
        self, api: httpx.AsyncClient, before: tuple[str, ...], target: str, allowed: list[str]
    ) -> None:
        await add_version(api)
        await move(api, 1, *before)
        problem = refused(await api.post(TRANSITIONS, json={"to_stage": target}), 409, "transition-refused")
        assert problem["allowed"] == allowed
        assert problem["hint"]

    async def test_two_people_cannot_race(self, api: httpx.AsyncClient) -> None:
        await add_version(api)
        await move(api, 1, "staging")
        body = {"to_stage": "archived", "from_stage": "draft"}
        assert refused(await api.post(TRANSITIONS, json=body), 409, "stage-conflict")["stage"] == "staging"

    async def test_a_dry_run_tells_and_changes_nothing(self, api: httpx.AsyncClient) -> None:
        for number in (1, 2):
            await add_version(api)
            await move(api, number, "staging")
        await move(api, 1, "production")
        before = await events_of(api), done(await api.get(f"{MODEL}/versions/2"))
        address = f"{MODEL}/versions/2/transitions?dry_run=true"
        response = await api.post(address, json={"to_stage": "production"})
        assert (response.status_code, response.json()["archived"]) == (200, [1])
        assert before == (await events_of(api), done(await api.get(f"{MODEL}/versions/2")))
        refused(await api.post(address, json={"to_stage": "staging"}), 409, "transition-refused")

    async def test_an_unknown_version_is_not_found(self, api: httpx.AsyncClient) -> None:
        refused(await api.post(TRANSITIONS, json={"to_stage": "staging"}), 404, "model-not-found")
        await add_model(api)
        refused(await api.post(TRANSITIONS, json={"to_stage": "staging"}), 404, "version-not-found")

    @pytest.mark.parametrize("body", [{}, {"to_stage": "live"}, {"to_stage": None}, {"to_stage": 1}, {"stage": "a"}])
    async def test_what_is_no_stage_is_refused(self, api: httpx.AsyncClient, body: dict[str, object]) -> None:
        await add_version(api)
        refused(await api.post(TRANSITIONS, json=body), 422, "invalid-input")


class TestListing:
    async def test_the_history_of_a_version_is_its_own_and_the_newest_first(self, api: httpx.AsyncClient) -> None:
        for number in (1, 2):
            await add_version(api)
            await move(api, number, "staging", "production")
        past = done(await api.get(TRANSITIONS))["items"]
        assert [item["to_stage"] for item in past] == ["archived", "production", "staging"]
        assert past[0]["reason"] == "replaced by 2"
        first = done(await api.get(TRANSITIONS, params={"sort": "sequence", "limit": 1}))
        assert [item["to_stage"] for item in first["items"]] == ["staging"]

    async def test_an_unknown_version_is_not_found(self, api: httpx.AsyncClient) -> None:
        refused(await api.get(TRANSITIONS), 404, "model-not-found")
