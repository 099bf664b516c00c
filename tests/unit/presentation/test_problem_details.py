import json
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request
from httpx import ASGITransport, AsyncClient
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from modelyard.domain import errors
from modelyard.domain.errors import FieldError, RegistryError
from modelyard.presentation.http.error_map import STATUS
from modelyard.presentation.http.problem_details import handle_errors, problem_of


def document_of(error: RegistryError) -> Any:  # noqa: ANN401 - any JSON
    response = problem_of(error)
    assert response.media_type == "application/problem+json"
    document = json.loads(bytes(response.body))
    assert document["status"] == response.status_code
    return document


def test_a_problem_has_all_that_its_error_says() -> None:
    error = errors.BlobsMissing(
        "2 files are missing",
        details={"missing": ["sha256:1"]},
        errors=[FieldError(pointer="/files/0", message="is missing")],
    )
    assert document_of(error) == {
        "type": "urn:modelyard:error:blobs-missing",
        "title": errors.BlobsMissing.title,
        "status": 409,
        "detail": "2 files are missing",
        "hint": errors.BlobsMissing.default_hint,
        "errors": [{"pointer": "/files/0", "message": "is missing"}],
        "missing": ["sha256:1"],
    }


def test_what_an_error_does_not_say_is_left_out() -> None:
    assert set(document_of(errors.ModelNotFound("no such model"))) == {"type", "title", "status", "detail"}


@pytest.mark.parametrize("text", ["\ud800", "größe 表 🚀", 'a"b\\c', "\x00\x1f", "line\nend"])
def test_any_text_can_be_told(text: str) -> None:
    assert document_of(errors.Malformed(text))["detail"] == text


@pytest.mark.parametrize("kind", STATUS)
def test_every_error_becomes_a_problem_of_its_status(kind: type[RegistryError]) -> None:
    error = kind("something happened", details={"size_bytes": 7, "offset_bytes": 3})
    response = problem_of(error)
    assert response.status_code == STATUS[kind]
    assert (response.headers.get("retry-after") == "1") == (response.status_code in {429, 503})
    assert response.headers.get("content-range") == ("bytes */7" if kind is errors.UnsatisfiableRange else None)
    assert response.headers.get("upload-offset") == ("3" if kind is errors.OffsetConflict else None)


def failing(error: Exception) -> AsyncClient:
    app, router = FastAPI(openapi_url=None), APIRouter()

    @router.get("/fail")
    async def fail(request: Request, number: int = 0) -> None:
        raise error

    app.include_router(router, prefix="/v1")
    handle_errors(app)
    return AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://test/v1")


async def test_a_fault_of_ours_tells_nothing_of_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    async with failing(RuntimeError("the secret cause")) as client:
        response = await client.get("/fail")
    assert (response.status_code, response.json()["type"]) == (500, "urn:modelyard:error:internal")
    assert "secret" not in response.text
    assert "the secret cause" in caplog.text


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [("/nothing", 404, "not-found"), ("/fail?number=x", 422, "invalid-input")],
)
async def test_what_the_framework_refuses_is_a_problem_too(address: str, status: int, code: str) -> None:
    async with failing(RuntimeError()) as client:
        response = await client.get(address)
    assert (response.status_code, response.json()["type"]) == (status, f"urn:modelyard:error:{code}")
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_method_that_there_is_not_is_told_with_those_that_there_are() -> None:
    async with failing(RuntimeError()) as client:
        response = await client.delete("/fail")
    assert (response.status_code, response.headers["allow"]) == (405, "GET")
    assert response.json()["detail"] == "DELETE /v1/fail is not possible"


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (HTTPException(418, "no coffee", {"X-Pot": "tea"}), 418, "no coffee"),
        (ClientDisconnect(), 400, "the connection ended before the body did"),
    ],
)
async def test_other_errors_of_the_framework(error: Exception, status: int, detail: str) -> None:
    async with failing(error) as client:
        response = await client.get("/fail")
    assert (response.status_code, response.json()["detail"]) == (status, detail)


async def test_a_parameter_is_named_without_its_place() -> None:
    async with failing(RuntimeError()) as client:
        problem = (await client.get("/fail?number=x")).json()
    assert [error["pointer"] for error in problem["errors"]] == ["number"]
