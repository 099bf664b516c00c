import httpx
import pytest

from tests.api.steps import MODEL, Document, add_version, done, events_of, move, refused

ROLLBACK = f"{MODEL}/rollback"


@pytest.fixture(autouse=True)
async def three(api: httpx.AsyncClient) -> None:
    """Versions 1, 2 and 3 were promoted one after the other; 4 is a draft."""
    for number in (1, 2, 3):
        await add_version(api)
        await move(api, number, "staging", "production")
    await add_version(api)


async def roll_back(api: httpx.AsyncClient, **body: object) -> Document:
    return done(await api.post(ROLLBACK, json=body))


async def in_production(api: httpx.AsyncClient) -> list[int]:
    numbers: list[int] = done(await api.get(MODEL))["production"]
    return numbers


async def test_it_goes_to_the_version_before_and_then_further_back(api: httpx.AsyncClient) -> None:
    back = await roll_back(api, reason="wrong scores")
    assert (back["version"]["number"], back["step"], back["archived"], back["reason"]) == (
        2, "rollback", [3], "wrong scores",
    )  # fmt: skip
    assert (await roll_back(api))["version"]["number"] == 1
    refused(await api.post(ROLLBACK, json={}), 409, "nothing-to-roll-back-to")
    assert await in_production(api) == [1]


async def test_it_goes_to_a_named_version_that_was_there(api: httpx.AsyncClient) -> None:
    assert (await roll_back(api, to_version=1))["archived"] == [3]
    refused(await api.post(ROLLBACK, json={"to_version": 4}), 409, "nothing-to-roll-back-to")
    refused(await api.post(ROLLBACK, json={"to_version": 1}), 409, "transition-refused")
    refused(await api.post(ROLLBACK, json={"to_version": 9}), 404, "version-not-found")


async def test_what_was_left_by_a_rollback_is_never_gone_back_to(api: httpx.AsyncClient) -> None:
    await roll_back(api, to_version=1)
    await roll_back(api, to_version=3)
    assert (await roll_back(api))["version"]["number"] == 1
    refused(await api.post(ROLLBACK, json={}), 409, "nothing-to-roll-back-to")


async def test_after_a_promotion_it_goes_to_what_was_there_before_that(api: httpx.AsyncClient) -> None:
    await roll_back(api)
    await move(api, 4, "staging", "production")
    assert (await roll_back(api))["version"]["number"] == 2
    assert (await roll_back(api))["version"]["number"] == 1


async def test_a_deleted_version_is_passed_over(api: httpx.AsyncClient) -> None:
    done(await api.delete(f"{MODEL}/versions/2"))
    assert (await roll_back(api))["version"]["number"] == 1


async def test_it_goes_back_also_when_the_bad_one_was_taken_out_already(api: httpx.AsyncClient) -> None:
    await move(api, 3, "staging")
    assert (await roll_back(api))["version"]["number"] == 2


async def test_a_model_that_never_was_in_production_has_nothing(api: httpx.AsyncClient) -> None:
    await add_version(api, "other")
    refused(await api.post("/models/other/rollback", json={}), 409, "nothing-to-roll-back-to")
    refused(await api.post("/models/none/rollback", json={}), 404, "model-not-found")


async def test_a_dry_run_tells_and_changes_nothing(api: httpx.AsyncClient) -> None:
    before = await events_of(api)
    planned = done(await api.post(f"{ROLLBACK}?dry_run=true", json={}))
    assert (planned["version"]["number"], planned["archived"]) == (2, [3])
    assert await events_of(api) == before


async def test_it_has_gates_of_its_own_and_no_others(api: httpx.AsyncClient) -> None:
    never = {"name": "never", "expression": "number < 0"}
    done(await api.put(f"{MODEL}/policy", json={"gates": {"production": [never]}, "approvals": {"production": 2}}))
    assert (await roll_back(api))["version"]["number"] == 2
    done(await api.put(f"{MODEL}/policy", json={"gates": {"rollback": [never]}}))
    assert refused(await api.post(ROLLBACK, json={}), 409, "gate-failed")["gates"][0]["values"] == {"number": 1}
    done(await api.put(f"{MODEL}/policy", json={"approvals": {"rollback": 1}}))
    refused(await api.post(ROLLBACK, json={}), 409, "approval-required")


async def test_a_lost_answer_is_given_again(api: httpx.AsyncClient) -> None:
    answers = [await api.post(ROLLBACK, json={}, headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert await in_production(api) == [2]
