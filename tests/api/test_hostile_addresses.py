"""What does not belong into an address, on every route that has a place for it."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.api.in_process import ORIGIN, Contract
from tests.api.steps import MODEL, add_model, add_version, done, events_of, move, point, refused

GOOD = {
    "model": "churn",
    "ref": "1",
    "alias": "champion",
    "path": "model.joblib",
    "name": "auc",
    "digest": "sha256:" + "0" * 64,
    "upload_id": "none",
    "pattern": "ch*",
    "request_id": "1",
    "webhook_id": "1",
    "delivery_id": "1",
    "account": "ana",
    "group": "risk",
    "grant_id": "1",
    "identity_id": "1",
    "token_id": "1",
}
HOSTILE = {
    "dots": "%2e%2e",
    "dots twice encoded": "%252e%252e",
    "dots and slash": "..%2f..%2fetc%2fpasswd",
    "dots and slash twice encoded": "%252e%252e%252fetc%252fpasswd",
    "overlong dots": "%c0%ae%c0%ae",
    "absolute": "%2fetc%2fpasswd",
    "backslashes": "..%5c..%5cwindows",
    "drive": "C:%5cwindows",
    "path parameter": "churn;version=1",
    "fragment": "churn%23fragment",
    "query": "churn%3fforce=true",
    "NUL": "churn%00",
    "NUL twice encoded": "churn%2500",
    "line feed": "churn%0aX-Evil:%20yes",
    "carriage return": "churn%0d%0aX-Evil:%20yes",
    "lone surrogate": "%ed%a0%80",
    "no UTF-8": "%ff%fe",
    "broken percent": "churn%zz%",
    "device": "CON%20.txt",
    "device with digit": "COM%C2%B9",
    "right to left": "%e2%80%ae",
    "not normal": "e%cc%81",
    "empty": "",
    "space": "%20",
    "long": "x" * 3000,
    "everything": quote("".join(map(chr, range(1, 0x250)))),
}
BODIES: dict[str, dict[str, Any]] = {
    "register_version": {"json": {}},
    "put_blob": {"content": b"x"},
    "continue_upload": {"content": b"x", "headers": {"Upload-Offset": "0"}},
    "finish_upload": {},
    "update_version": {"json": {"card": "x"}},
    "update_model": {"json": {"description": "x"}},
    "rename_model": {"json": {"name": "renamed"}},
    "create_transition": {"json": {"to_stage": "staging"}},
    "point_alias": {"json": {"version": 1}},
    "roll_back": {"json": {}},
    "set_model_policy": {"json": {}},
    "set_policy": {"json": {}},
    "update_webhook": {"json": {"description": "x"}},
    "update_account": {"json": {"display_name": "x"}},
    "create_request": {"json": {"version": 1, "to_stage": "staging"}},
    "approve_request": {"json": {}},
    "reject_request": {"json": {"reason": "x"}},
    "withdraw_request": {"json": {}},
    "append_metrics": {"json": {"metrics": [{"name": "auc", "value": 1}]}},
}


@pytest.fixture
async def filled(api: httpx.AsyncClient) -> httpx.AsyncClient:
    await add_version(api)
    await point(api, "champion", 1)
    return api


def addresses(contract: Contract, hostile: str) -> Iterator[tuple[str, str, str]]:
    """Each operation, once for each of its places with the hostile text in it and the rest as it should be."""
    for path, operations in contract.paths.items():
        for place in re.findall(r"\{(\w+)\}", path):
            address = path.removeprefix("/api/v1").format(**GOOD | {place: hostile})
            for method, operation in operations.items():
                yield method.upper(), address, operation["operationId"]


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
async def test_it_is_refused_and_changes_nothing(filled: httpx.AsyncClient, contract: Contract, hostile: str) -> None:
    before = await events_of(filled)
    tried = 0
    for method, address, operation in addresses(contract, hostile):
        response = await filled.request(method, address, **BODIES.get(operation, {}))
        is_history_of_no_metric = operation == "read_history" and response.json().get("items") == []
        is_other_route = hostile == "" and response.is_success
        assert 400 <= response.status_code < 500 or is_history_of_no_metric or is_other_route, (method, address)
        assert "x-evil" not in response.headers
        tried += 1
    assert tried > 40
    assert await events_of(filled) == before


async def test_a_slash_at_the_end_is_another_address(filled: httpx.AsyncClient) -> None:
    for address in ("/models/", f"{MODEL}/", f"{MODEL}/versions/", f"{MODEL}/versions/1/", "/events/"):
        assert refused(await filled.get(address), 404, "not-found")["hint"]


@pytest.mark.parametrize("value", ["%00", "a%00b", "%ff", "%ed%a0%80", "%c0%80"])
async def test_parameters_that_are_no_text_are_refused(filled: httpx.AsyncClient, value: str) -> None:
    for address, name in (("/models", "q"), ("/events", "actor"), (f"{MODEL}/versions/1/metrics/auc/history", "slice")):
        refused(await filled.get(f"{address}?{name}={value}"), 400, "malformed-request")


@pytest.mark.parametrize("value", ["a%0d%0aX-Evil:%20yes", "%0a", "%0d"])
async def test_line_ends_in_parameters_reach_no_header(filled: httpx.AsyncClient, value: str) -> None:
    await add_model(filled, "another")
    for address in ("/models", "/versions", "/events"):
        name = "actor" if address == "/events" else "q"
        response = await filled.get(f"{address}?limit=1&{name}={value}")
        assert response.status_code < 500
        assert "x-evil" not in response.headers
    response = await filled.get("/models?limit=1&sort=name&q=%0d%0a")
    assert "\n" not in done(response)["next_cursor"]
    assert "%0D%0A" in response.headers["link"]


@pytest.mark.parametrize("actor", ["", " ", "a\x00b", "a\tb", "x" * 251, "\u202e", "e\u0301", "a\x7f"])
async def test_an_actor_against_the_rules_is_refused(filled: httpx.AsyncClient, actor: str) -> None:
    before = await events_of(filled)
    for method, address, body in (
        ("PATCH", MODEL, {"description": "x"}),
        ("PUT", f"{MODEL}/aliases/champion", {"version": 1}),
        ("POST", f"{MODEL}/versions/1/transitions", {"to_stage": "staging"}),
    ):
        response = await filled.request(method, address, json=body, headers={"X-Modelyard-Actor": actor.encode()})  # type: ignore[arg-type]
        refused(response, 422, "invalid-input")
    assert await events_of(filled) == before


async def test_an_actor_must_be_utf_8(filled: httpx.AsyncClient) -> None:
    response = await filled.patch(MODEL, json={"description": "x"}, headers={"X-Modelyard-Actor": b"J\xf6rg"})  # type: ignore[arg-type]
    refused(response, 400, "malformed-request")


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "QUERY", "PROPFIND", "X" * 100])
async def test_other_methods_are_answered_with_those_that_there_are(filled: httpx.AsyncClient, method: str) -> None:
    for address, allowed in (
        ("/models", "GET, HEAD, POST"),
        (MODEL, "GET, HEAD, PATCH, DELETE"),
        (f"{MODEL}/versions/1/files/a/b", "GET, HEAD"),
        ("/uploads/none", "HEAD, PUT, PATCH, DELETE"),
        ("/blobs/missing", "POST, PUT"),
        (f"{MODEL}/aliases/champion", "GET, HEAD, PUT, DELETE"),
    ):
        response = await filled.request(method, address)
        refused(response, 405, "method-not-allowed")
        assert response.headers["allow"] == allowed


REQUIRED = {"leaderboard": "?metric=auc", "compare": "?versions=churn:1,churn:1"}
"""What an address has to ask for; within a model the references stand without its name."""


def _asked(path: str) -> str:
    asked = REQUIRED.get(path.rpartition("/")[2], "")
    return asked.replace("churn:", "") if "{model}" in path else asked


async def test_head_is_answered_wherever_get_is(filled: httpx.AsyncClient, contract: Contract) -> None:
    await move(filled, 1, "staging")
    done(await filled.put("/policies/ch*", json={}))
    done(await filled.post("/webhooks", json={"url": "https://receiver.invalid", "active": False}))
    done(await filled.post(f"{MODEL}/requests", json={"version": 1, "to_stage": "production"}))
    done(await filled.post("/accounts", json={"name": "ana"}))
    done(await filled.post("/groups", json={"name": "risk"}))
    for path, operations in contract.paths.items():
        if "get" not in operations or "{upload_id}" in path:
            continue
        address = f"{ORIGIN}{path.format(**GOOD)}{_asked(path)}"
        get, head = await filled.get(address), await filled.head(address)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        assert head.status_code == 200, path
        for name in ("etag", "content-type", "content-disposition", "link"):
            assert head.headers.get(name) == get.headers.get(name), path
