"""Hostile names, cards and files in every place that takes text: no header of an answer holds what they made up."""

import itertools
import json
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from tests.api.in_process import BASE, ORIGIN, lifespan_of
from tests.api.steps import done, form

BREAKS = [
    "\r\n", "\n", "\r", "\r\n\r\n", "\0", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "%0d%0a", "%250d%250a",
    "\\r\\n", "\u560d\u560a", "\t", '"', "'", ";", ",", "=", "\\", "\x7f", "\u202e", "\ufeff",
]  # fmt: skip
TAILS = [
    "Set-Cookie: evil=1", "X-Evil: 1", "Location: //evil.example", "Content-Length: 0", "HTTP/1.1 200 OK",
    "Content-Type: text/html", 'filename="evil.html"', "Link: <//evil.example>; rel=next", "<script>alert(1)</script>",
    "*=UTF-8''evil.html", "\r\n<html>", "a", "=cmd|' /C calc'!A0", "}} {{ 7*7 }}",
]  # fmt: skip
NAMES = [f"n{number}{brk}{tail}" for number, (brk, tail) in enumerate(itertools.product(BREAKS, TAILS))][:320]
CARDS = NAMES[::3] + [f"# {name}\n\n[x](javascript:{name})" for name in NAMES[::3]]
OWN = {
    b"content-type", b"content-length", b"x-request-id", b"etag", b"location", b"link", b"vary", b"cache-control",
    b"accept-ranges", b"content-disposition", b"content-security-policy", b"x-content-type-options", b"repr-digest",
    b"content-range", b"allow", b"retry-after", b"upload-offset", b"idempotent-replayed", b"digest", b"last-modified",
    b"referrer-policy", b"x-frame-options", b"cross-origin-opener-policy", b"permissions-policy", b"set-cookie",
    b"cross-origin-resource-policy", b"content-digest", b"want-repr-digest", b"upload-length", b"date", b"server",
}  # fmt: skip
"""All that the registry ever sends."""


class Watched:
    """The application; the headers of each answer are looked at as they go to the wire."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.answers = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.answers += 1
                for name, value in message["headers"]:
                    assert name.lower() in OWN, name
                    assert not set(value) & {0, 10, 13}, (name, value)
                    assert name != b"set-cookie" or value.startswith(b"modelyard_"), value
            await send(message)

        await self.app(scope, receive, send_watched)


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir)


async def test_no_header_holds_what_a_name_made_up(settings: Settings) -> None:
    watched = Watched(create_app(settings))
    async with lifespan_of(watched), client_of(watched) as api:
        done(await api.post("/models", json={"name": "churn"}))
        for name in NAMES:
            await as_model(api, name)
        assert len(NAMES) >= 300
        assert watched.answers > 5 * len(NAMES)


async def test_no_header_holds_what_a_file_or_card_made_up(settings: Settings) -> None:
    watched = Watched(create_app(settings))
    kept = 0
    async with lifespan_of(watched), client_of(watched) as api:
        done(await api.post("/models", json={"name": "churn"}))
        for number, text in enumerate(CARDS):
            description = {"card": text, "description": text[:100], "metadata": {text: text}}
            answer = await api.post("/models/churn/versions", files=form({f"f{number}": b"x"}, description))
            assert answer.status_code in {201, 422}, answer.text
            kept += await as_file(api, NAMES[number])
        assert len(CARDS) >= 200
        assert kept > 10
        for page in ("/", "/search", "/models/churn"):
            await api.get(ORIGIN + page, headers={"Accept": "text/html"})


async def as_model(api: httpx.AsyncClient, name: str) -> None:
    """A name where a model, a tag, an alias, a cursor, an actor, a header and a parameter stand."""
    encoded = quote(name, safe="")
    answer = await api.post("/models", json={"name": name, "description": name, "tags": {"t": name}})
    assert answer.status_code in {201, 409, 422}, answer.text
    for address in (
        f"/models/{encoded}",
        f"/models/churn/versions/1/files/{encoded}",
        f"/models/churn/aliases/{encoded}",
        f"/models?q={encoded}&cursor={encoded}",
        f"/models?limit=1&q={encoded}",
    ):
        assert (await api.get(address)).status_code < 500, address
    header = name.encode("utf-8", "surrogatepass").replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
    given = [
        (b"x-request-id", header),
        (b"x-modelyard-actor", header),
        (b"idempotency-key", header),
        (b"if-match", header),
    ]
    for each in given:
        patched = await api.patch("/models/churn", json={"description": name[:9]}, headers=[each])
        assert patched.status_code < 500, each
    forms = {"theme": {"theme": "dark", "return_to": name}, "name": {"name": name, "return_to": "/"}}
    for page, fields in forms.items():
        address = f"{ORIGIN}/preferences/{page}"
        assert (await api.post(address, data=fields, headers={"Sec-Fetch-Site": "same-origin"})).status_code < 500


async def as_file(api: httpx.AsyncClient, name: str) -> int:
    """A file of this name and media type, if there may be one; it is downloaded, alone and as part of an archive."""
    digest = done(await api.put(f"/blobs/sha256:{X}", content=b"x"))["digest"]
    answer = await api.post(
        "/models/churn/versions",
        content=json.dumps({"files": [{"path": name, "digest": digest, "size_bytes": 1}]}),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in {201, 422}, answer.text
    if answer.status_code == 422:
        return 0
    version = f"/models/churn/versions/{answer.json()['number']}"
    found = await api.get(f"{version}/files/{quote(name, safe='')}")
    assert found.status_code == 200, name
    assert found.headers["content-disposition"].startswith("attachment")
    assert (await api.get(f"{version}/archive?format=zip")).status_code == 200
    return 1


X = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
"""Sha256 of `x`."""


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN + BASE)
