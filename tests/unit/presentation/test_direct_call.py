"""An endpoint that is called past the framework answers as it does through it."""

import pathlib
from collections.abc import Awaitable, Callable
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, Path, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from modelyard.bootstrap.container import build_context
from modelyard.bootstrap.settings import Settings
from modelyard.presentation.api.app import ROUTERS
from modelyard.presentation.http.context import Context
from modelyard.presentation.http.direct_call import direct_call
from modelyard.presentation.http.problem_details import handle_errors
from modelyard.presentation.http.routing import registry_router

Name = Annotated[str, Path(min_length=2)]


def is_direct(request: Request) -> str:
    """The framework leaves its exit stacks in the scope."""
    return str("fastapi_inner_astack" not in request.scope)


async def by_name(request: Request, name: Name) -> Response:
    return Response(name, headers={"Direct": is_direct(request)})


async def with_option(request: Request, name: Name, loud: bool = Query(default=False)) -> Response:
    return Response(name.upper() if loud else name, headers={"Direct": is_direct(request)})


class Options(BaseModel):
    """One with another name in the address, as the framework knows them."""

    limit: int = Field(default=10, ge=1)
    query: str = Field(default="", alias="q")


async def with_options(request: Request, name: Name, wanted: Annotated[Options, Query()]) -> Response:
    return Response(f"{name} {wanted.limit} {wanted.query}", headers={"Direct": is_direct(request)})


class Words(BaseModel):
    words: list[str] = []


async def with_lists(name: Name, wanted: Annotated[Words, Query()]) -> Response:
    return Response(f"{name} {wanted.words}")


async def nothing() -> Response:
    return Response(status_code=204)


class Document(BaseModel):
    text: str


async def as_document(name: Name) -> Document:
    return Document(text=name)


async def with_dependency(one: Annotated[Response, Depends(nothing)]) -> Response:
    return one


async def with_required(word: str = Query()) -> Response:
    return Response(word)


def in_thread(name: Name) -> Response:
    return Response(name)


def routes_of(*endpoints: Callable[..., object]) -> list[APIRoute]:
    router = registry_router("things", "/things")
    for endpoint in endpoints:
        router.add_api_route(f"/{endpoint.__name__}/{{name}}", endpoint)
    return [route for route in router.routes if isinstance(route, APIRoute)]


@pytest.fixture
def client(tmp_path: pathlib.Path) -> httpx.AsyncClient:
    return client_of(build_context(Settings(data_dir=tmp_path)))


def client_of(context: Context | None) -> httpx.AsyncClient:
    app = FastAPI()
    handle_errors(app)
    if context is not None:
        app.state.context = context
    app.router.routes.extend(routes_of(by_name, with_option, with_options))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("by_name/anna", ("anna", "True")),
        ("with_option/anna", ("anna", "True")),
        ("with_option/anna?loud=true", ("ANNA", "False")),
        ("with_options/anna", ("anna 10 ", "True")),
        ("with_options/anna?limit=3&q=a+b%26%C3%BC", ("anna 3 a b&ü", "True")),
        ("with_options/anna?q=&limit=3", ("anna 3 ", "True")),
    ],
)
async def test_what_needs_no_framework_is_called_directly(
    client: httpx.AsyncClient, address: str, answer: tuple[str, str]
) -> None:
    response = await client.get(f"/things/{address}")
    assert (response.text, response.headers["Direct"]) == answer


@pytest.mark.parametrize(
    ("address", "status", "pointer"),
    [
        ("by_name/a", 422, "name"),
        ("with_option/a", 422, "name"),
        ("with_option/anna?loud=7", 422, "loud"),
        ("with_options/a?limit=3", 422, "name"),
        ("with_options/anna?limit=0", 422, "limit"),
        ("with_options/anna?limit=1&limit=2", 422, "limit"),
        ("with_options/anna?query=x", 422, "query"),
    ],
)
async def test_what_is_refused_is_refused_as_the_framework_does(
    client: httpx.AsyncClient, address: str, status: int, pointer: str
) -> None:
    response = await client.get(f"/things/{address}")
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (status, pointer)


async def test_an_unknown_parameter_is_refused_on_either_way(client: httpx.AsyncClient) -> None:
    for address in ("by_name/anna?x=1", "with_option/anna?x=1"):
        response = await client.get(f"/things/{address}")
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "x")


async def test_head_has_the_headers_of_get(client: httpx.AsyncClient) -> None:
    response = await client.head("/things/by_name/anna")
    assert (response.status_code, response.content, response.headers["Content-Length"]) == (200, b"", "4")


async def test_around_no_registry_nobody_is_let_in() -> None:
    async with client_of(None) as client:
        for address in ("by_name/anna", "with_option/anna?loud=true"):
            assert (await client.get(f"/things/{address}")).status_code == 401


async def test_another_method_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.post("/things/by_name/anna")).status_code == 405


@pytest.mark.parametrize("endpoint", [as_document, with_dependency, with_required, with_lists, in_thread])
def test_what_needs_the_framework_goes_its_way(endpoint: Callable[..., Awaitable[object]]) -> None:
    [route] = routes_of(endpoint)
    assert direct_call(route) is None


def test_the_hot_routes_are_direct() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    direct = {route.name for route in routes if direct_call(route) is not None}
    assert direct >= {"read_version", "register_version", "append_metrics", "download_file", "continue_upload"}
    assert direct >= {"list_models", "list_versions", "search_versions", "list_events"}
