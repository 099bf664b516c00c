import re

import httpx

from tests.api.in_process import ORIGIN
from tests.api.steps import done, refused


async def test_the_server_says_that_it_is_alive_and_ready(api: httpx.AsyncClient) -> None:
    assert done(await api.get(f"{ORIGIN}/health")) == {"status": "ok"}
    assert done(await api.get(f"{ORIGIN}/ready")) == {"status": "ready"}


async def test_a_request_keeps_the_id_that_its_caller_gave(api: httpx.AsyncClient) -> None:
    for address in (f"{ORIGIN}/health", "/models", "/models/nobody", "/nothing"):
        response = await api.get(address, headers={"X-Request-Id": "caller-7"})
        assert response.headers["x-request-id"] == "caller-7"


async def test_each_request_has_an_id_of_its_own(api: httpx.AsyncClient) -> None:
    ids = {(await api.get(f"{ORIGIN}/health")).headers["x-request-id"] for _ in range(10)}
    assert len(ids) == 10


async def test_the_documentation_needs_nothing_from_the_internet(api: httpx.AsyncClient) -> None:
    page = await api.get(f"{ORIGIN}/docs")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) >= 3
    for address in [*addresses, "/openapi.json"]:
        assert address.startswith("/")
        assert (await api.get(ORIGIN + address)).status_code == 200


async def test_what_is_nowhere_is_told_where_to_look(api: httpx.AsyncClient) -> None:
    for address in (
        "/api",
        "/api/v1",
        "/api/v2/models",
        "/docs/assets/nothing",
        "/docs/assets/../../x",
        "/favicon.ico",
    ):
        assert "/docs" in refused(await api.get(ORIGIN + address), 404, "not-found")["hint"]
    refused(await api.post(f"{ORIGIN}/docs/assets/favicon.png"), 405, "method-not-allowed")


async def test_parameters_are_checked_here_too(api: httpx.AsyncClient) -> None:
    for address in ("/health", "/ready", "/docs", "/openapi.json"):
        refused(await api.get(f"{ORIGIN}{address}?verbose=1"), 422, "invalid-input")
