import asyncio

import httpx
import pytest

from tests.api.steps import MODEL, Document, add_version, done, events_of, move, refused

POLICY = f"{MODEL}/policy"
BETTER = {"name": "no worse", "expression": "metric.auc@holdout >= production.metric.auc@holdout - 0.005"}
CARD = {"name": "described", "expression": 'card != ""'}


async def gates(api: httpx.AsyncClient, *wanted: Document, stage: str = "production") -> None:
    done(await api.put(POLICY, json={"gates": {stage: list(wanted)}}))


async def measure(api: httpx.AsyncClient, number: int, value: float, step: int = 0, slice_: str = "") -> None:
    point = {"name": "auc", "value": value, "dataset": "holdout", "step": step, "slice": slice_}
    done(await api.post(f"{MODEL}/versions/{number}/metrics", json={"metrics": [point]}))


async def promote(api: httpx.AsyncClient, number: int, *, is_dry_run: bool = False) -> httpx.Response:
    query = "?dry_run=true" if is_dry_run else ""
    return await api.post(f"{MODEL}/versions/{number}/transitions{query}", json={"to_stage": "production"})


@pytest.fixture
async def rivals(api: httpx.AsyncClient) -> None:
    """Version 1 is in production with 0.93, version 2 in staging."""
    for number in (1, 2):
        await add_version(api)
        await move(api, number, "staging")
    await measure(api, 1, 0.93)
    await move(api, 1, "production")


@pytest.mark.usefixtures("rivals")
class TestGates:
    async def test_a_refusal_is_the_checklist_with_the_values_seen(self, api: httpx.AsyncClient) -> None:
        await gates(api, BETTER, CARD)
        await measure(api, 2, 0.92)
        problem = refused(await promote(api, 2), 409, "gate-failed")
        first, second = problem["gates"]
        assert (first["name"], first["expression"], first["passed"]) == ("no worse", BETTER["expression"], False)
        assert first["values"] == {"metric.auc@holdout": 0.92, "production.metric.auc@holdout": 0.93}
        assert (second["passed"], second["values"]) == (False, {"card": ""})
        assert done(await api.get(f"{MODEL}/versions/2"))["stage"] == "staging"

    async def test_what_passes_is_told_and_kept_in_the_history(self, api: httpx.AsyncClient) -> None:
        await gates(api, BETTER)
        await measure(api, 2, 0.925)
        moved = done(await promote(api, 2))
        assert (moved["archived"], moved["passed"], [gate["passed"] for gate in moved["gates"]]) == ([1], True, [True])
        event = (await events_of(api, model="churn", version=2))[-1]
        assert event["after"]["gates"] == moved["gates"]

    async def test_a_dry_run_answers_the_checklist_and_changes_nothing(self, api: httpx.AsyncClient) -> None:
        await gates(api, BETTER, CARD)
        await measure(api, 2, 0.95)
        before = await events_of(api)
        planned = done(await promote(api, 2, is_dry_run=True))
        assert (planned["passed"], [gate["passed"] for gate in planned["gates"]]) == (False, [True, False])
        assert await events_of(api) == before

    async def test_a_value_that_is_not_there_passes_nothing(self, api: httpx.AsyncClient) -> None:
        await gates(api, {"name": "a", "expression": "metric.auc@holdout < 2"})
        [checked] = refused(await promote(api, 2), 409, "gate-failed")["gates"]
        assert checked["values"] == {"metric.auc@holdout": None}
        assert checked["notes"] == ["metric.auc@holdout is not there."]

    async def test_each_stage_has_its_own(self, api: httpx.AsyncClient) -> None:
        await gates(api, CARD, stage="archived")
        done(await promote(api, 2))
        body = {"to_stage": "archived"}
        refused(await api.post(f"{MODEL}/versions/2/transitions", json=body), 409, "gate-failed")

    async def test_they_see_all_that_a_version_is(self, api: httpx.AsyncClient) -> None:
        version = await add_version(
            api,
            files={"model.onnx": b"12345", "b": b""},
            params={"max_depth": 8, "deep": True},
            tags={"team": "risk"},
            metadata={"a": {"b": 1.5}},
            card="# Card",
            framework={"name": "onnx", "version": "1"},
            lineage={"run": "r1"},
        )
        await measure(api, 3, 0.8, slice_="age<30")
        expressions = (
            "tag.team:risk",
            "param.max_depth * 2 - 1 = 15",
            "param.deep = true",
            "meta.a.b + 0.1 = 1.6",
            "has:card and not has:tag.legacy",
            "files.count = 2 and files.model.onnx = 5",
            "framework:onnx and lineage.run:r1",
            'metric.auc@holdout/"age<30" < 0.9',
            "approvals = 0",
            f"digest:{version['digest']}",
        )
        await gates(api, *({"name": text, "expression": text} for text in expressions))
        await move(api, 3, "staging")
        moved = done(await promote(api, 3))
        assert [gate["name"] for gate in moved["gates"] if gate["passed"]] == list(expressions)


async def test_a_comparison_with_production_passes_where_nothing_is_there_and_says_so(api: httpx.AsyncClient) -> None:
    await add_version(api)
    await gates(api, BETTER)
    await move(api, 1, "staging")
    [checked] = done(await promote(api, 1))["gates"]
    assert checked["notes"] == ["No version is in production, so what is compared with it passes."]


@pytest.mark.usefixtures("rivals")
async def test_a_metric_that_comes_at_the_same_time_does_not_slip_by(api: httpx.AsyncClient) -> None:
    """Each promotion saw the last value before it, whatever was appended meanwhile."""
    await gates(api, {"name": "good", "expression": "metric.auc@holdout >= 0.9"})
    for step in range(12):
        value = 0.95 if step % 2 else 0.5
        await asyncio.gather(measure(api, 2, value, step), promote(api, 2))
        if done(await api.get(f"{MODEL}/versions/2"))["stage"] == "production":
            await move(api, 2, "staging")
    seen = []
    latest = None
    for event in await events_of(api, model="churn", version=2):
        if event["action"] == "metrics.appended":
            latest = 0.5 if latest in {None, 0.95} else 0.95
        if event["action"] == "version.stage_changed" and event["after"]["stage"] == "production":
            seen.append((event["after"]["gates"][0]["values"]["metric.auc@holdout"], latest))
    assert seen
    assert set(seen) == {(0.95, 0.95)}
