"""Webhooks over HTTP: who may be told, what is shown of it, and what history says."""

from typing import Any

import httpx
import pytest

from modelyard.domain.event import Action
from modelyard.presentation.api.events.schemas import EventRead
from tests.api.steps import Document, add_model, done, events_of, pointers, refused
from tests.unit.application.test_following import event

HOOK = "https://receiver.example/hooks/secret-path"


async def add_hook(api: httpx.AsyncClient, **fields: Any) -> Document:
    return done(await api.post("/webhooks", json={"url": HOOK, **fields}))


async def test_the_secret_is_shown_once_and_nowhere_else(api: httpx.AsyncClient) -> None:
    made = await api.post("/webhooks", json={"url": HOOK})
    secret = done(made)["secret"]

    assert made.headers["location"] == "/api/v1/webhooks/1"
    assert made.headers["cache-control"] == "no-store"
    assert secret.startswith("whsec_")
    elsewhere = [
        (await api.get(address)).text for address in ("/webhooks", "/webhooks/1", "/events", "/webhooks/1/deliveries")
    ]
    patched = (await api.patch("/webhooks/1", json={"description": "x"})).text
    assert not any(secret[6:] in text for text in [*elsewhere, patched])


async def test_it_is_read_changed_and_deleted(api: httpx.AsyncClient) -> None:
    made = await add_hook(api, actions=["version.stage_changed", "alias.moved"], models="fraud.*", description="ci")
    assert made["actions"] == ["version.stage_changed", "alias.moved"]
    (listed,) = done(await api.get("/webhooks"))["items"]
    assert {**listed, "secret": made["secret"]} == made

    read = await api.get("/webhooks/1")
    changed = await api.patch("/webhooks/1", json={"active": False}, headers={"If-Match": read.headers["etag"]})
    assert done(changed) == {
        **listed, "active": False, "revision": 2, "updated_at": changed.json()["updated_at"],
    }  # fmt: skip
    stale = {"If-Match": read.headers["etag"]}
    refused(await api.patch("/webhooks/1", json={"active": True}, headers=stale), 412, "precondition-failed")
    refused(await api.delete("/webhooks/1", headers=stale), 412, "precondition-failed")
    assert (await api.get("/webhooks/1", headers={"If-None-Match": changed.headers["etag"]})).status_code == 304

    assert (await api.delete("/webhooks/1")).status_code == 204
    for address in ("/webhooks/1", "/webhooks/1/deliveries"):
        refused(await api.get(address), 404, "webhook-not-found")


async def test_history_tells_of_it_without_what_is_secret(api: httpx.AsyncClient) -> None:
    await add_hook(api)
    done(await api.patch("/webhooks/1", json={"models": "a*"}))
    done(await api.patch("/webhooks/1", json={"models": "a*"}))
    await api.delete("/webhooks/1")

    events = await events_of(api)

    told = [event for event in events if event["action"].startswith("webhook.")]
    assert sorted(event["action"] for event in told) == ["webhook.created", "webhook.deleted", "webhook.updated"]
    assert all(event["chain"] == 0 and event["model"] == "" for event in told)
    (updated,) = [event for event in told if event["action"] == "webhook.updated"]
    assert updated["after"] == {
        "id": 1, "target": "https://receiver.example", "actions": [], "models": "a*", "description": "", "active": True,
    }  # fmt: skip
    assert "secret-path" not in str(events)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://receiver.example/"),
        ("url", "ftp://receiver.example/"),
        ("url", "https://"),
        ("url", "receiver.example"),
        ("url", "https://ana:secret@receiver.example/"),
        ("url", "https://receiver.example/#part"),
        ("url", "https://receiver.example/a b"),
        ("url", "https://receiver.example/\u00e4"),
        ("url", "https://receiver.example:0/"),
        ("url", "https://receiver.example:99999/"),
        ("url", "https://[::1/"),
        ("url", "https://127.0.0.1/"),
        ("url", "https://[::ffff:10.0.0.1]/"),
        ("url", "https://receiver.example/" + "x" * 2_000),
        ("models", "a/b"),
        ("models", ""),
        ("actions", ["model.eaten"]),
        ("active", "yes"),
    ],
)
async def test_what_cannot_be_a_webhook_is_refused(api: httpx.AsyncClient, field: str, value: object) -> None:
    await add_hook(api)
    before = done(await api.get("/webhooks"))

    for answer in (
        await api.post("/webhooks", json={"url": HOOK, field: value}),
        await api.patch("/webhooks/1", json={field: value}),
    ):
        assert any(field in pointer for pointer in pointers(refused(answer, 422, "invalid-input")))

    assert done(await api.get("/webhooks")) == before


async def test_there_are_at_most_a_hundred(api: httpx.AsyncClient) -> None:
    for _ in range(100):
        await add_hook(api)

    refused(await api.post("/webhooks", json={"url": HOOK}), 409, "too-many-webhooks")


async def test_a_delivery_that_is_not_there_is_not_sent_again(api: httpx.AsyncClient) -> None:
    refused(await api.post("/webhooks/1/deliveries/1/redeliver"), 404, "webhook-not-found")
    await add_hook(api)
    refused(await api.post("/webhooks/1/deliveries/1/redeliver"), 404, "delivery-not-found")
    refused(await api.post("/webhooks/2/test"), 404, "webhook-not-found")


def test_what_is_sent_of_an_event_is_what_lists_show() -> None:
    document = event(7).document()

    assert set(document) == set(EventRead.model_fields)
    assert EventRead.of(event(7)).model_dump(mode="json") == document
    assert Action(str(document["action"])) is Action.MODEL_UPDATED


async def test_a_model_that_nobody_watches_costs_no_delivery(api: httpx.AsyncClient) -> None:
    await add_hook(api, models="fraud.*", active=False)
    await add_model(api)

    assert done(await api.get("/webhooks/1/deliveries"))["items"] == []
