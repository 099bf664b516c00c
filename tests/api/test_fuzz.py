"""Any request at all: whatever comes, the answer is no fault of the server, and every refusal says why."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_from_bytes

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from tests.api.conftest import empty_registry
from tests.api.in_process import BASE, ORIGIN, Contract, client_of, lifespan_of
from tests.api.steps import fill

KNOWN_PARTS = {
    "model": ["churn", "nobody"],
    "ref": ["1", "4", "latest", "production", "@champion", "9"],
    "alias": ["champion", "new"],
    "path": ["model.joblib", "nothing"],
    "name": ["auc"],
    "digest": ["sha256:" + "0" * 64],
    "upload_id": ["none"],
    "pattern": ["ch*"],
    "request_id": ["1"],
    "webhook_id": ["1"],
    "delivery_id": ["1"],
    "account": ["ana"],
    "group": ["risk"],
    "grant_id": ["1"],
    "token_id": ["1"],
    "identity_id": ["1"],
}
HEADERS = [
    *(b"if-match", b"if-none-match", b"range", b"if-range"),
    *(b"idempotency-key", b"x-modelyard-actor", b"upload-offset", b"accept"),
]
MEDIA_TYPES = [b"application/json", b"multipart/form-data; boundary=b", b"application/octet-stream", b"text/plain", b""]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
encoded = st.text().map(lambda text: quote(text.encode(errors="surrogatepass"), safe="")) | st.binary().map(
    lambda raw: quote_from_bytes(raw, safe="")
)
header_values = st.binary(max_size=40).map(lambda raw: re.sub(rb"[\r\n\0]", b"", raw)) | st.sampled_from(
    [b"*", b'"1-1"', b"bytes=0-1", b"0", b"ana", b"text/csv", b"application/vnd.apache.parquet", b"image/*"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One operation: its method, the template of its address, its parameters, and what its body may look like."""

    method: str
    template: str
    names: tuple[str, ...]
    example: Any

    def __repr__(self) -> str:
        return f"{self.method} {self.template}"


@pytest.fixture(scope="module")
def places(contract: Contract) -> list[Place]:
    return [
        Place(
            method=method.upper(),
            template=path,
            names=tuple(item["name"] for item in operation.get("parameters", []) if item["in"] == "query"),
            example=operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example", {}),
        )
        for path, operations in contract.paths.items()
        for method, operation in operations.items()
    ]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def filled(runner: asyncio.Runner, contract: Contract, migrated_file: Path) -> Iterator[httpx.AsyncClient]:
    with empty_registry(migrated_file) as folder:
        app = create_app(Settings(data_dir=folder))
        life, client = lifespan_of(app), client_of(app, contract)
        runner.run(life.__aenter__())
        runner.run(fill(client))
        yield client
        runner.run(client.aclose())
        runner.run(life.__aexit__(None, None, None))


@st.composite
def bodies(draw: st.DrawFn, example: Any) -> bytes:  # noqa: ANN401 - any JSON
    """Bytes, any JSON, or the example of the operation with one field of it replaced."""
    kind = draw(st.sampled_from(["bytes", "json", "example", "form"]))
    if kind == "bytes":
        return draw(st.binary())
    if kind == "form":
        head = draw(st.sampled_from([b"name=version\r\n", b'name=file; filename="a"\r\n', b""])) + draw(st.binary())
        return b"--b\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n{}\r\n--b--\r\n"
    document = draw(anything)
    if kind == "example" and isinstance(example, dict) and example:
        document = example | {draw(st.sampled_from(sorted(example)) | st.text()): document}
    return json.dumps(document).encode()


@st.composite
def requests(draw: st.DrawFn, places: list[Place]) -> httpx.Request:
    place = draw(st.sampled_from(places))
    parts = {
        name: draw(st.sampled_from(KNOWN_PARTS[name]) | encoded) for name in re.findall(r"\{(\w+)\}", place.template)
    }
    pairs = draw(st.lists(st.tuples(st.sampled_from([*place.names, "unknown"]) | encoded, encoded), max_size=3))
    query = "&".join(f"{name}={value}" for name, value in pairs)
    headers = draw(st.dictionaries(st.sampled_from(HEADERS), header_values, max_size=3))
    headers[b"content-type"] = draw(st.sampled_from(MEDIA_TYPES))
    return httpx.Request(
        draw(st.sampled_from([place.method] * 9 + ["POST"])),
        f"{ORIGIN}{place.template.format(**parts)}{'?' if query else ''}{query}",
        headers=headers,
        content=draw(bodies(place.example)),
    )


@given(data=st.data())
@settings(max_examples=400, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_is_a_fault_of_the_server(
    data: st.DataObject, places: list[Place], runner: asyncio.Runner, filled: httpx.AsyncClient
) -> None:
    response = runner.run(filled.send(data.draw(requests(places))))
    assert response.status_code < 500
    assert response.headers["x-request-id"]


def test_afterwards_the_registry_is_as_it_should_be(runner: asyncio.Runner, filled: httpx.AsyncClient) -> None:
    assert runner.run(filled.get(f"{ORIGIN}/ready")).status_code == 200
    events = runner.run(filled.get("/events?limit=500&sort=sequence")).json()["items"]
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert BASE in str(filled.base_url)
