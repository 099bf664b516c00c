import asyncio
from typing import Any

import httpx
import pytest

from tests.api.steps import FIRST, MODEL, add_model, add_version, digest_of, done, events_of, form, put_blob, refused

KEY = {"Idempotency-Key": "key-1"}
CONTENT = b"content"
POSTS: list[tuple[str, dict[str, Any]]] = [
    ("/models", {"json": {"name": "second"}}),
    (f"{MODEL}/rename", {"json": {"name": "new"}}),
    (f"{MODEL}/versions", {"json": {}}),
    (f"{MODEL}/versions", {"files": form({"model.joblib": CONTENT}, {"description": "a"})}),
    (f"{FIRST}/transitions", {"json": {"to_stage": "staging"}}),
    (f"{FIRST}/metrics", {"json": {"metrics": [{"name": "auc", "value": 1}]}}),
    ("/uploads", {"json": {"size_bytes": 7}}),
]


@pytest.fixture(autouse=True)
async def _a_version(api: httpx.AsyncClient) -> None:
    await add_version(api)


@pytest.mark.parametrize(("address", "body"), POSTS)
async def test_the_same_request_gets_the_same_answer_and_acts_once(
    api: httpx.AsyncClient, address: str, body: dict[str, Any]
) -> None:
    first = await api.post(address, headers=KEY, **body)
    done(first)
    events = await events_of(api)
    again = await api.post(address, headers=KEY, **body)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for header in ("etag", "location", "content-type"):
        assert again.headers.get(header) == first.headers.get(header)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await events_of(api) == events


@pytest.mark.parametrize(("address", "body"), POSTS)
async def test_sent_at_once_they_act_once(api: httpx.AsyncClient, address: str, body: dict[str, Any]) -> None:
    answers = await asyncio.gather(*(api.post(address, headers=KEY, **body) for _ in range(8)))
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert answers[0].is_success
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1


@pytest.mark.parametrize(
    ("address", "body"),
    [
        (f"{MODEL}/versions", {"json": {"description": "other"}}),
        (f"{MODEL}/versions?create_model=true", {"json": {}}),
        ("/models", {"json": {}}),
        ("/models/other/versions", {"json": {}}),
        (f"{MODEL}/versions", {"files": form({"model.joblib": CONTENT})}),
    ],
)
async def test_another_request_under_the_same_key_is_a_conflict(
    api: httpx.AsyncClient, address: str, body: dict[str, Any]
) -> None:
    await add_model(api, "other")
    done(await api.post(f"{MODEL}/versions", headers=KEY, json={}))
    response = await api.post(address, headers=KEY, **body)
    if address == "/models":
        refused(response, 422, "invalid-input")
    else:
        refused(response, 409, "idempotency-conflict")


@pytest.mark.parametrize("files", [{"a": b"other"}, {"b": CONTENT}, {"a": CONTENT, "b": b""}, {}])
async def test_a_form_with_other_files_is_another_request(api: httpx.AsyncClient, files: dict[str, bytes]) -> None:
    done(await api.post(f"{MODEL}/versions", headers=KEY, files=form({"a": CONTENT}, {"card": "x"})))
    response = await api.post(f"{MODEL}/versions", headers=KEY, files=form(files, {"card": "x"}))
    refused(response, 409, "idempotency-conflict")


async def test_after_a_refusal_the_key_is_still_free(api: httpx.AsyncClient) -> None:
    entry = {"path": "a", "digest": digest_of(b"new"), "size_bytes": 3}
    body = {"files": [entry]}
    refused(await api.post(f"{MODEL}/versions", headers=KEY, json=body), 409, "blobs-missing")
    await put_blob(api, b"new")
    answer = await api.post(f"{MODEL}/versions", headers=KEY, json=body)
    assert (done(answer)["number"], "idempotent-replayed" in answer.headers) == (2, False)
    assert done(await api.post(f"{MODEL}/versions", headers=KEY, json=body))["number"] == 2


async def test_the_answer_is_given_again_even_when_the_model_is_gone(api: httpx.AsyncClient) -> None:
    for body in (POSTS[2][1], POSTS[3][1]):
        await api.post("/models", json={"name": "churn"})
        headers = {"Idempotency-Key": str(body)[:20].encode().hex()}
        first = await api.post(f"{MODEL}/versions", headers=headers, **body)
        done(await api.delete(MODEL))
        again = await api.post(f"{MODEL}/versions", headers=headers, **body)
        assert (again.status_code, again.content) == (201, first.content)


async def test_each_caller_has_keys_of_their_own(api: httpx.AsyncClient) -> None:
    for number, actor in enumerate(["ana", "bob"], 2):
        answer = await api.post(f"{MODEL}/versions", headers=KEY | {"X-Modelyard-Actor": actor}, json={})
        assert done(answer)["number"] == number


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "ä", "a\x7f"])
async def test_a_key_must_be_visible_ascii(api: httpx.AsyncClient, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    problem = refused(await api.post("/models", json={"name": "x"}, headers=headers), 422, "invalid-input")  # type: ignore[arg-type]
    assert problem["errors"][0]["pointer"] == "Idempotency-Key"


async def test_two_keys_are_none(api: httpx.AsyncClient) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    refused(await api.post("/models", json={"name": "x"}, headers=headers), 422, "invalid-input")
