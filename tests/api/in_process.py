"""The application without a socket: started and ended as a server does it, and every answer held against OpenAPI."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.types import ASGIApp, Message

from modelyard.presentation.http.examples import example_of

ORIGIN = "http://127.0.0.1"
BASE = "/api/v1"


@asynccontextmanager
async def lifespan_of(app: ASGIApp) -> AsyncIterator[None]:
    """What a server does before the first request and after the last."""
    received: asyncio.Queue[Message] = asyncio.Queue()
    sent: asyncio.Queue[Message] = asyncio.Queue()

    async def live() -> None:
        await app({"type": "lifespan", "state": {}}, received.get, sent.put)

    life = asyncio.create_task(live())
    await received.put({"type": "lifespan.startup"})
    begun = await sent.get()
    assert begun["type"] == "lifespan.startup.complete", begun
    try:
        yield
    finally:
        await received.put({"type": "lifespan.shutdown"})
        await sent.get()
        await life


def client_of(app: ASGIApp, contract: "Contract") -> httpx.AsyncClient:
    """A client whose addresses begin below `/api/v1`; answers that break the contract are failures."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=ORIGIN + BASE, event_hooks={"response": [contract.check]}
    )


class Contract:
    """What the OpenAPI document promises of each answer."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.paths: Mapping[str, Any] = document["paths"]
        self._schemas: Mapping[str, Any] = document["components"]["schemas"]
        paths = sorted(document["paths"], key=lambda path: ("{path}" in path, path.count("{")))
        self._operations = [(_pattern(path), document["paths"][path]) for path in paths]

    def example_of(self, schema: str) -> dict[str, Any]:
        example: dict[str, Any] = example_of({"$ref": f"#/components/schemas/{schema}"}, self._schemas)
        return example

    async def check(self, response: httpx.Response) -> None:
        assert response.headers["x-request-id"]
        if response.status_code >= 400:
            await response.aread()
            _check_problem(response)
        operation = self._operation(response.request)
        if operation is None:
            is_asset = response.request.url.path.startswith("/docs/assets/")
            assert is_asset or response.status_code in {404, 405}, response.request.url
            return
        promised = operation["responses"].get(str(response.status_code))
        assert promised, f"{response.status_code} is not documented for {operation['operationId']}: {response.text}"
        missing = [
            name for name, header in promised["headers"].items() if header["required"] and name not in response.headers
        ]
        assert not missing, f"{operation['operationId']} answers {response.status_code} without {missing}"
        if promised.get("content") and response.request.method != "HEAD":
            media_type = response.headers["content-type"].partition(";")[0]
            assert media_type in promised["content"], operation["operationId"]

    def _operation(self, request: httpx.Request) -> Mapping[str, Any] | None:
        method = request.method.lower()
        for wanted in (method, "get") if method == "head" else (method,):
            for pattern, operations in self._operations:
                if wanted in operations and pattern.fullmatch(request.url.path):
                    operation: Mapping[str, Any] = operations[wanted]
                    return operation
        return None


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\})", path)
    known = {"{path}": ".*"}
    return re.compile("".join(known.get(part, "[^/]+") if part[:1] == "{" else re.escape(part) for part in parts))


def _check_problem(response: httpx.Response) -> None:
    assert response.headers["content-type"] == "application/problem+json", response.text
    if response.request.method == "HEAD":
        return
    problem = json.loads(response.content)
    assert problem["status"] == response.status_code
    assert re.fullmatch(r"urn:modelyard:error:[a-z]+(-[a-z]+)*", problem["type"])
    assert problem["title"]
    assert problem["detail"]
    assert problem.get("hint", "…")
    assert all(set(error) == {"pointer", "message"} for error in problem.get("errors", []))
