from typing import Any

import httpx
import pytest

from tests.api.steps import FIRST, MODEL, Document, add_version, done, events_of, move, point, refused

ACTOR = "Jörg Müller (CI) 表"
AS = {"X-Modelyard-Actor": ACTOR.encode()}
CHANGES: list[tuple[str, str, Document | None, dict[str, Any]]] = [
    ("POST", "/models", {"name": "other"}, {"action": "model.created", "model": "other", "version": None}),
    (
        "PATCH",
        MODEL,
        {"description": "new"},
        {"action": "model.updated", "before": {"name": "churn", "description": "", "tags": {}}},
    ),
    (
        "POST",
        f"{MODEL}/rename",
        {"name": "new"},
        {"action": "model.renamed", "model": "new", "before": {"name": "churn"}, "after": {"name": "new"}},
    ),
    ("DELETE", f"{MODEL}?force=true", None, {"action": "model.deleted", "model": "churn", "after": None}),
    ("POST", f"{MODEL}/versions", {}, {"action": "version.registered", "version": 3, "before": None}),
    (
        "PATCH",
        FIRST,
        {"description": "new"},
        {
            "action": "version.updated",
            "version": 1,
            "before": {"description": ""},
            "after": {"description": "new"},
        },
    ),
    ("DELETE", f"{FIRST}?force=true", None, {"action": "version.deleted", "version": 1, "after": None}),
    (
        "POST",
        f"{MODEL}/versions/2/transitions",
        {"to_stage": "staging", "reason": "looks good → 表"},
        {
            "action": "version.stage_changed",
            "version": 2,
            "before": {"stage": "draft"},
            "after": {"stage": "staging", "step": "promote"},
            "reason": "looks good → 表",
        },
    ),
    (
        "PUT",
        f"{MODEL}/aliases/champion",
        {"version": 2},
        {
            "action": "alias.moved",
            "version": 2,
            "before": {"alias": "champion", "version": 1, "protected": False},
            "after": {"alias": "champion", "version": 2, "protected": False},
        },
    ),
    (
        "PUT",
        f"{MODEL}/aliases/champion",
        {"version": 1, "protected": True, "reason": "it serves"},
        {
            "action": "alias.protection_changed",
            "version": 1,
            "before": {"alias": "champion", "version": 1, "protected": False},
            "after": {"alias": "champion", "version": 1, "protected": True},
            "reason": "it serves",
        },
    ),
    ("DELETE", f"{MODEL}/aliases/champion", None, {"action": "alias.deleted", "version": 1}),
    (
        "POST",
        f"{FIRST}/metrics",
        {"metrics": [{"name": "auc", "value": 0.5}]},
        {"action": "metrics.appended", "version": 1, "before": None},
    ),
]


@pytest.fixture(autouse=True)
async def _two_versions_and_an_alias(api: httpx.AsyncClient) -> None:
    for _ in range(2):
        await add_version(api)
    await point(api, "champion", 1)


@pytest.mark.parametrize(("method", "address", "body", "expected"), CHANGES)
async def test_each_change_is_one_event_with_who_and_why(
    api: httpx.AsyncClient, method: str, address: str, body: Document | None, expected: dict[str, Any]
) -> None:
    before = await events_of(api)
    done_or_empty = await api.request(method, address, json=body, headers=AS)  # type: ignore[arg-type]
    assert done_or_empty.is_success
    *earlier, event = await events_of(api)
    assert earlier == before
    assert expected.items() <= event.items()
    assert event["actor"] == ACTOR
    assert event["reason"] == expected.get("reason", "")
    assert event["sequence"] > before[-1]["sequence"]


async def test_what_is_refused_leaves_no_event(api: httpx.AsyncClient) -> None:
    before = await events_of(api)
    refused(await api.post("/models", json={"name": "churn"}), 409, "model-exists")
    refused(await api.post(f"{FIRST}/transitions", json={"to_stage": "production"}), 409, "transition-refused")
    assert await events_of(api) == before


async def test_a_promotion_that_displaces_leaves_one_event_for_each_version_that_moves(api: httpx.AsyncClient) -> None:
    await move(api, 1, "staging", "production")
    await move(api, 2, "staging")
    before = await events_of(api)
    await move(api, 2, "production")
    new = (await events_of(api))[len(before) :]
    assert [(event["version"], event["after"]["stage"]) for event in new] == [(1, "archived"), (2, "production")]
    assert new[0]["reason"] == "replaced by 2"


async def test_events_of_a_chain_hold_on_to_each_other(api: httpx.AsyncClient) -> None:
    await move(api, 1, "staging", "production")
    chains: dict[object, list[Document]] = {}
    for event in await events_of(api):
        chains.setdefault(event["chain"], []).append(event)
    assert len(chains) == 2
    for chain in chains.values():
        assert [event["position"] for event in chain] == list(range(1, len(chain) + 1))
        assert [event["previous_hash"] for event in chain] == [None, *(event["hash"] for event in chain[:-1])]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"version": 2}, 1),
        ({"action": "version.registered"}, 2),
        ({"actor": "anonymous"}, 4),
        ({"actor": "nobody"}, 0),
        ({"model": "churn"}, 4),
        ({"model": "other"}, 0),
        ({"model": "churn", "version": 1, "action": "alias.moved"}, 1),
    ],
)
async def test_events_can_be_chosen(api: httpx.AsyncClient, wanted: dict[str, Any], count: int) -> None:
    assert len(await events_of(api, **wanted)) == count


async def test_the_history_of_a_model_is_its_own(api: httpx.AsyncClient) -> None:
    await add_version(api, "other")
    events = done(await api.get("/models/other/events"))["items"]
    assert [event["action"] for event in events] == ["version.registered", "model.created"]
    refused(await api.get("/models/nobody/events"), 404, "model-not-found")


@pytest.mark.parametrize("query", ["action=deleted", "version=0", "version=x", "actor=" + "x" * 251])
async def test_what_cannot_be_chosen_is_refused(api: httpx.AsyncClient, query: str) -> None:
    for address in ("/events", f"{MODEL}/events"):
        refused(await api.get(f"{address}?{query}"), 422, "invalid-input")


async def test_the_history_of_a_deleted_model_stays(api: httpx.AsyncClient) -> None:
    done(await api.delete(f"{MODEL}?force=true"))
    assert [event["action"] for event in await events_of(api, model="churn")][-1] == "model.deleted"
