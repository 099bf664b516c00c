"""Webhooks from servers as they are shipped: every event arrives, signed and in order, whatever happens to whom."""

import collections
import contextlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.server_process import REAL, ServerProcess, running
from tests.servers.receiver import Received, Receiver, accept, receiving

OPEN = {
    "MODELYARD_WEBHOOK_NETWORKS": "127.0.0.0/8",
    "MODELYARD_WEBHOOK_ALLOW_HTTP": "true",
    "MODELYARD_WEBHOOK_TIMEOUT_SECONDS": "0.5",
    "MODELYARD_WEBHOOK_PAUSE_SECONDS": "0.1",
}
EVENTS = 12


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path, migrated_file: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    shutil.copyfile(migrated_file, made / "registry.db")
    return made


@contextlib.contextmanager
def client(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/api/v1", trust_env=False, timeout=30) as api:
        yield api


def hook(api: httpx.Client, receiver: Receiver, **fields: Any) -> str:
    made = api.post("/webhooks", json={"url": receiver.url, **fields})
    assert made.status_code == 201, made.text
    secret: str = made.json()["secret"]
    return secret


def describe(api: httpx.Client, model: str, texts: Sequence[str]) -> None:
    for text in texts:
        assert api.patch(f"/models/{model}", json={"description": text}).status_code == 200


def in_order(received: Sequence[Received]) -> dict[str, list[int]]:
    """The sequences of each model, each where it first arrived."""
    found: dict[str, list[int]] = collections.defaultdict(list)
    for each in received:
        data = each.document["data"]
        if data["sequence"] not in found[data["model"]]:
            found[data["model"]].append(data["sequence"])
    return found


def check(received: Sequence[Received], secret: str, api: httpx.Client, *models: str) -> None:
    """All events of these models arrived, signed, with what lists show, in order for each."""
    assert all(each.is_signed_by(secret) for each in received)
    arrived = in_order(received)
    for model in models:
        listed = api.get("/events", params={"model": model, "sort": "sequence", "limit": 500}).json()["items"]
        assert arrived[model] == [event["sequence"] for event in listed]
    shown = {event["sequence"]: event for event in api.get("/events", params={"limit": 500}).json()["items"]}
    for each in received:
        document = each.document
        assert document["data"] == shown[document["data"]["sequence"]]
        assert (document["type"], document["timestamp"]) == (document["data"]["action"], document["data"]["at"])


def misbehave(handler: BaseHTTPRequestHandler, received: Received, seen: "collections.Counter[str]") -> int:
    """At the first try something goes wrong, each time something else; from the second on all is well."""
    seen[received.id] += 1
    if seen[received.id] > 1:
        return 204
    kind = received.document["data"]["sequence"] % 5
    if kind == 0:
        handler.connection.close()
        return 0
    if kind == 1:
        threading.Event().wait(1)
        return 204
    if kind == 2:
        handler.send_response(302)
        handler.send_header("Location", "/elsewhere")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return 0
    return 500 if kind == 3 else 404


def test_a_receiver_that_fails_hangs_redirects_and_closes_early_gets_everything(
    folder: Path, receiver: Receiver
) -> None:
    seen: collections.Counter[str] = collections.Counter()
    receiver.answer = lambda handler, received: misbehave(handler, received, seen)
    with running(REAL, folder, **OPEN) as server, client(server) as api:
        secret = hook(api, receiver, models="m*")
        for model in ("m1", "m2"):
            api.post("/models", json={"name": model})
        for number in range(EVENTS // 2):
            describe(api, "m1", [f"text {number}"])
            describe(api, "m2", [f"text {number}"])
        received = receiver.await_that(lambda came: sum(map(len, in_order(came).values())) == EVENTS + 2)

        check(received, secret, api, "m1", "m2")
    assert "/elsewhere" not in {each.path for each in received}


def test_a_server_killed_while_it_sends_loses_nothing(folder: Path, receiver: Receiver) -> None:
    def answer_late(_handler: BaseHTTPRequestHandler, _received: Received) -> int:
        threading.Event().wait(2)
        return 204

    receiver.answer = answer_late
    with running(REAL, folder, **OPEN) as server, client(server) as api:
        secret = hook(api, receiver, models="m*")
        api.post("/models", json={"name": "m1"})
        describe(api, "m1", [f"text {number}" for number in range(EVENTS)])
        receiver.await_count(1)
        server.process.kill()
        server.process.wait()

    receiver.answer = accept
    with running(REAL, folder, **OPEN) as server, client(server) as api:
        received = receiver.await_that(lambda came: len(in_order(came)["m1"]) == EVENTS + 1)
        check(received, secret, api, "m1")


def test_a_ping_tells_what_the_receiver_answers(folder: Path, receiver: Receiver) -> None:
    with running(REAL, folder, **OPEN) as server, client(server) as api:
        secret = hook(api, receiver, active=False)
        arrived = api.post("/webhooks/1/test").json()
        receiver.answer = lambda _handler, _received: 418
        failed = api.post("/webhooks/1/test").json()

    assert (arrived["delivered"], arrived["status"], arrived["error"]) == (True, 204, "")
    assert (failed["delivered"], failed["status"], failed["error"]) == (False, 418, "the receiver answered 418")
    assert [each.document["type"] for each in receiver.received] == ["webhook.ping"] * 2
    assert all(each.is_signed_by(secret) for each in receiver.received)


def test_the_log_shows_each_try_and_sends_again(folder: Path, receiver: Receiver) -> None:
    receiver.answer = lambda _handler, _received: 500
    with running(REAL, folder, **OPEN, MODELYARD_WEBHOOK_TRIES="2") as server, client(server) as api:
        hook(api, receiver, models="m*")
        api.post("/models", json={"name": "m1"})
        (dead,) = await_deliveries(api, "dead")
        assert [attempt["status"] for attempt in dead["attempts"]] == [500, 500]
        assert (dead["action"], dead["model"], dead["tries"]) == ("model.created", "m1", 2)

        receiver.answer = lambda _handler, _received: 200
        assert api.post(f"/webhooks/1/deliveries/{dead['id']}/redeliver").status_code == 202
        (delivered,) = await_deliveries(api, "delivered")

    assert [attempt["status"] for attempt in delivered["attempts"]] == [500, 500, 200]
    assert len({each.id for each in receiver.received}) == 1


def await_deliveries(api: httpx.Client, status: str) -> list[dict[str, Any]]:
    for _ in range(600):
        found: list[dict[str, Any]] = api.get("/webhooks/1/deliveries", params={"status": status}).json()["items"]
        if found:
            return found
        threading.Event().wait(0.05)
    raise AssertionError(api.get("/webhooks/1/deliveries").text)


def test_by_itself_a_server_sends_nothing_to_this_machine(folder: Path, receiver: Receiver) -> None:
    with running(REAL, folder, MODELYARD_WEBHOOK_ALLOW_HTTP="true") as server, client(server) as api:
        refused = api.post("/webhooks", json={"url": receiver.url})
        assert refused.status_code == 422
        assert "MODELYARD_WEBHOOK_NETWORKS" in refused.json()["hint"]
        made = api.post("/webhooks", json={"url": receiver.url.replace("127.0.0.1", "localhost")})
        assert made.status_code == 201
        answer = api.post("/webhooks/1/test").json()

    assert answer["delivered"] is False
    assert "is not of the public internet" in answer["error"]
    assert not receiver.received
