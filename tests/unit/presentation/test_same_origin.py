"""Foreign web pages cannot use a server that asks nobody who they are."""

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from modelyard.presentation.http.same_origin import SameOrigin

LOCAL = {"Host": "127.0.0.1:8000"}


async def served(scope: Scope, receive: Receive, send: Send) -> None:
    await Response("served")(scope, receive, send)


async def status_of(method: str, headers: dict[str, str]) -> int:
    transport = httpx.ASGITransport(SameOrigin(served))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        response = await client.request(method, "/", headers=headers)
    if response.status_code != 200:
        assert response.json()["type"] == "urn:modelyard:error:foreign-origin"
    return response.status_code


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]:8000", "127.1.2.3"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_programs_on_this_machine_are_served(host: str, method: str) -> None:
    assert await status_of(method, {"Host": host}) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "127.0.0.1:x"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_name_that_was_pointed_here_is_refused(host: str, method: str) -> None:
    assert await status_of(method, {"Host": host}) == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:9000"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8000"}, 200),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_only_a_page_of_this_server_may_change_something(
    method: str, headers: dict[str, str], status: int
) -> None:
    assert await status_of(method, LOCAL | headers) == status


async def test_a_link_on_a_foreign_page_may_be_followed() -> None:
    assert await status_of("GET", LOCAL | {"Sec-Fetch-Site": "cross-site"}) == 200
