"""The steps that tests of the API share; each fails when the registry refuses."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import httpx

MODEL = "/models/churn"
FIRST = f"{MODEL}/versions/1"
FILES: Mapping[str, bytes] = {"model.joblib": b"the bytes of a model"}

Document = dict[str, Any]


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def form(files: Mapping[str, bytes], description: Document | None = None) -> list[tuple[str, Any]]:
    """A registration as httpx sends forms."""
    parts: list[tuple[str, Any]] = [("file", (path, content)) for path, content in files.items()]
    if description is not None:
        parts.insert(0, ("version", (None, json.dumps(description), "application/json")))
    return parts


def done(response: httpx.Response) -> Document:
    """The document of an answer that is no refusal."""
    assert response.is_success, response.text
    document: Document = response.json()
    return document


def refused(response: httpx.Response, status: int, code: str) -> Document:
    """The problem of a refusal of this kind."""
    document: Document = response.json()
    assert (response.status_code, document.get("type")) == (status, f"urn:modelyard:error:{code}"), response.text
    return document


def pointers(problem: Document) -> list[str]:
    """The fields that a refusal names."""
    return [error["pointer"] for error in problem.get("errors", [])]


async def add_model(api: httpx.AsyncClient, name: str = "churn", **fields: Any) -> Document:
    return done(await api.post("/models", json={"name": name, **fields}))


async def add_version(
    api: httpx.AsyncClient, model: str = "churn", files: Mapping[str, bytes] = FILES, **description: Any
) -> Document:
    """The next version of a model, which is made too where it is missing."""
    address = f"/models/{model}/versions?create_model=true"
    return done(await api.post(address, files=form(files, description)))


async def put_blob(api: httpx.AsyncClient, content: bytes) -> str:
    digest = digest_of(content)
    done(await api.put(f"/blobs/{digest}", content=content))
    return digest


async def move(api: httpx.AsyncClient, number: int, *stages: str, model: str = "churn") -> Document:
    """Take a version through stages; the last transition."""
    answer: Document = {}
    for stage in stages:
        answer = done(await api.post(f"/models/{model}/versions/{number}/transitions", json={"to_stage": stage}))
    return answer


async def point(api: httpx.AsyncClient, alias: str, number: int, model: str = "churn", **fields: Any) -> httpx.Response:
    response = await api.put(f"/models/{model}/aliases/{alias}", json={"version": number, **fields})
    done(response)
    return response


async def events_of(api: httpx.AsyncClient, **wanted: Any) -> list[Document]:
    """What happened in the registry, the oldest first."""
    page = done(await api.get("/events", params={"sort": "sequence", "limit": 500, **wanted}))
    events: list[Document] = page["items"]
    return events


async def fill(api: httpx.AsyncClient) -> None:
    """Put something into a registry that is to be found: `churn` in four versions, an alias, a metric."""
    for number in range(1, 5):
        await add_version(api, description=f"number {number}")
    await point(api, "champion", 3)
    await move(api, 1, "staging", "production")
    metrics = [{"name": "auc", "value": 0.9, "dataset": "holdout"}]
    done(await api.post(f"{MODEL}/versions/4/metrics", json={"metrics": metrics}))
