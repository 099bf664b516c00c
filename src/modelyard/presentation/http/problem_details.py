"""Errors as `application/problem+json` (RFC 9457)."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match, Mount

from modelyard.domain.access_errors import SignInFailed, TooManyRequests, Unauthenticated
from modelyard.domain.errors import Malformed, NotFound, OffsetConflict, RegistryError, UnsatisfiableRange
from modelyard.presentation.http.error_map import STATUS
from modelyard.presentation.http.validation import invalid_parameters

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

logger = logging.getLogger(__name__)


def handle_errors(app: FastAPI) -> None:
    """Give every error that leaves a route the form of a problem."""
    app.add_exception_handler(RegistryError, _registry_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(ClientDisconnect, _disconnected)
    app.add_exception_handler(Exception, _unforeseen)


def problem_of(error: RegistryError) -> Response:
    """The answer to an error of the registry: its code, message, hint and field errors, and its details as members."""
    status = STATUS[type(error)]
    document: dict[str, Any] = {
        "type": f"urn:modelyard:error:{error.code}",
        "title": error.title,
        "status": status.value,
        "detail": error.message,
    }
    if error.hint:
        document["hint"] = error.hint
    if error.errors:
        document["errors"] = [{"pointer": fault.pointer, "message": fault.message} for fault in error.errors]
    return _answer(status, document | error.details, _headers_of(error, status))


def _headers_of(error: RegistryError, status: HTTPStatus) -> dict[str, str]:
    if isinstance(error, UnsatisfiableRange):
        return {"Content-Range": f"bytes */{error.details['size_bytes']}"}
    if isinstance(error, (Unauthenticated, SignInFailed)):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.details.get("retry_after_seconds", RETRY_AFTER_SECONDS))}
    if isinstance(error, OffsetConflict):
        return {"Upload-Offset": str(error.details["offset_bytes"])}
    return {"Retry-After": str(RETRY_AFTER_SECONDS)} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}


def _answer(status: HTTPStatus, document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(document, ensure_ascii=False, default=str).encode(errors="backslashreplace")
    return Response(body, status.value, headers, MEDIA_TYPE)


async def _registry_error(_: Request, error: Exception) -> Response:
    return problem_of(cast(RegistryError, error))


async def _validation_error(_: Request, error: Exception) -> Response:
    return problem_of(invalid_parameters(cast(RequestValidationError, error).errors()))


async def _http_exception(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: no such address, or no such method there."""
    refusal = cast(HTTPException, error)
    status = HTTPStatus(refusal.status_code)
    line = f"{request.method} {request.scope['path'][:200]}"
    hint = "The addresses and methods that exist are listed at /docs."
    if status is HTTPStatus.NOT_FOUND:
        return problem_of(NotFound(f"there is nothing at {line}", hint=hint))
    document = {
        "type": f"urn:modelyard:error:{status.phrase.lower().replace(' ', '-')}",
        "title": status.phrase,
        "status": status.value,
        "detail": refusal.detail if refusal.detail != status.phrase else f"{line} is not possible",
        "hint": hint,
    }
    is_method_wrong = status is HTTPStatus.METHOD_NOT_ALLOWED
    return _answer(status, document, {"Allow": _allowed_at(request)} if is_method_wrong else refusal.headers)


def _allowed_at(request: Request) -> str:
    """All methods of an address; Starlette names those of the first route alone."""
    routes = [route for route in request.app.router.routes if not isinstance(route, Mount)]
    allowed = [
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return ", ".join(allowed or ("GET", "HEAD"))  # below a mount there are only files


async def _disconnected(_: Request, __: Exception) -> Response:
    """The caller hung up in the middle of the body; nobody reads this answer."""
    return problem_of(Malformed("the connection ended before the body did"))


async def _unforeseen(_: Request, error: Exception) -> Response:
    """A fault of ours. The cause stands in the log under the request's id, not in the answer."""
    logger.error("a request failed unforeseen", exc_info=error)
    document = {
        "type": "urn:modelyard:error:internal",
        "title": "The server failed",
        "status": 500,
        "detail": "This is a fault in the server, not in your request.",
        "hint": "Tell the operator the X-Request-Id of this answer.",
    }
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, document)
