"""What each route says about itself: its permission, and every answer that it can give."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field

from modelyard.domain.access_errors import PermissionDenied, TooManyRequests, Unauthenticated
from modelyard.domain.errors import (
    DatabaseUnavailable,
    ForeignOrigin,
    IdempotencyConflict,
    InvalidInput,
    Malformed,
    OffsetConflict,
    PreconditionFailed,
    RegistryError,
    RequestTimeout,
    StorageFull,
    TooLarge,
    UnsupportedMedia,
)
from modelyard.domain.permission import Permission
from modelyard.presentation.http.error_map import STATUS
from modelyard.presentation.http.problem_details import MEDIA_TYPE

Errors = Sequence[type[RegistryError]]

ASKS: Errors = (Malformed, InvalidInput, ForeignOrigin, TooManyRequests)
ADMITS: Errors = (Unauthenticated, PermissionDenied)
READS: Errors = (*ASKS, DatabaseUnavailable)
WRITES: Errors = (*READS, StorageFull)
TAKES_JSON: Errors = (*WRITES, TooLarge, UnsupportedMedia, RequestTimeout)
CONDITIONAL: Errors = (PreconditionFailed,)
ONCE: Errors = (IdempotencyConflict,)


class ProblemField(BaseModel):
    """One bad field."""

    pointer: str = Field(description="JSON pointer into the body, or the name of a parameter or header")
    message: str


class Problem(BaseModel):
    """Why the registry did not do it (RFC 9457). Further members depend on the type."""

    model_config = {"extra": "allow"}

    type: str = Field(description="Stable name of the error", examples=["urn:modelyard:error:model-not-found"])
    title: str
    status: int
    detail: str
    hint: str | None = Field(default=None, description="What to do next")
    errors: list[ProblemField] | None = None


def header(description: str, example: str, *, is_always_there: bool = True) -> dict[str, Any]:
    """How a header is described in OpenAPI."""
    return {
        "description": description,
        "required": is_always_there,
        "schema": {"type": "string"},
        "example": example,
    }


def header_parameter(name: str, description: str, example: str, **schema: Any) -> dict[str, Any]:
    """How a header that may be sent is described in OpenAPI; `schema` narrows its text."""
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
        "example": example,
    }


_ENTITY_TAG = r'(W/)?"[!#-~]*"'
_ENTITY_TAGS = rf"^(\*|{_ENTITY_TAG}( *, *{_ENTITY_TAG})*)$"

ETAG = {"ETag": header("The state of the resource, for If-Match and If-None-Match", '"7-3"')}
LOCATION = {"Location": header("Where the resource is", "/api/v1/models/churn")}
LINK = {"Link": header("The next page", '</api/v1/models?cursor=bGFzdA>; rel="next"', is_always_there=False)}
REPLAYED = {"Idempotent-Replayed": header("`true` on an answer that was given before", "true", is_always_there=False)}
NOT_MODIFIED: Mapping[int, dict[str, Any]] = {304: {"description": "The caller holds this state", "headers": ETAG}}
RETRY_AFTER = {"Retry-After": header("Seconds to wait before the next try", "1")}
SIGN_IN = {"WWW-Authenticate": header("How to say who you are", "Bearer")}
OFFSET_NOW = {"Upload-Offset": header("Where the upload continues", "1048576", is_always_there=False)}
SIZE_NOW = {"Content-Range": header("The size of the whole", "bytes */48213")}

IF_MATCH = header_parameter(
    "If-Match",
    "Change only this state; an ETag as it came. Otherwise 412.",
    '"7-3"',
    pattern=_ENTITY_TAGS,
    format="entity-tags",
)
IF_NONE_MATCH = header_parameter(
    "If-None-Match",
    "Answer 304 when this is still the state.",
    '"7-3"',
    pattern=_ENTITY_TAGS,
    format="entity-tags",
)
IF_ABSENT = header_parameter(
    "If-None-Match",
    "`*` to make it only where there is none; otherwise 412.",
    "*",
    pattern=_ENTITY_TAGS,
    format="entity-tags",
)
IDEMPOTENCY_KEY = header_parameter(
    "Idempotency-Key",
    "1-200 visible ASCII characters. The same request with the same key gets the same answer for a day.",
    "2f1c8a52-8d0f-4f5e-9f0c-6f5f7f1d2a3b",
    pattern="^[!-~]{1,200}$",
)
ACTOR = header_parameter(
    "X-Modelyard-Actor",
    "Who makes the change, as it will stand in the history: 1-250 characters on one line, in UTF-8.",
    "ana",
    format="actor",
    minLength=1,
    maxLength=250,
)


def documented(
    permission: Permission,
    *,
    errors: Errors,
    answers: Mapping[int, dict[str, Any]] | None = None,
    parameters: Sequence[Mapping[str, Any]] = (),
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Arguments for a route: the permission that it needs, and its answers besides the default one.

    `body` describes a body that FastAPI does not read itself.
    """
    extra: dict[str, Any] = {"x-permission": permission.value}
    if parameters:
        extra["parameters"] = [dict(parameter) for parameter in parameters]
    if body:
        extra["requestBody"] = dict(body)
    responses: dict[int | str, dict[str, Any]] = {status: dict(answer) for status, answer in (answers or {}).items()}
    if permission is not Permission.OPERATE:
        errors = (*errors, *ADMITS)
    return {"responses": responses | _problems(errors), "response_description": "Done", "openapi_extra": extra}


def _problems(errors: Errors) -> dict[int | str, dict[str, Any]]:
    by_status: dict[HTTPStatus, list[type[RegistryError]]] = defaultdict(list)
    for error in dict.fromkeys(errors):
        by_status[STATUS[error]].append(error)
    return {status.value: _problem(status, group) for status, group in sorted(by_status.items())}


def _problem(status: HTTPStatus, group: Sequence[type[RegistryError]]) -> dict[str, Any]:
    headers = {
        HTTPStatus.SERVICE_UNAVAILABLE: RETRY_AFTER,
        HTTPStatus.TOO_MANY_REQUESTS: RETRY_AFTER,
        HTTPStatus.UNAUTHORIZED: SIGN_IN,
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: SIZE_NOW,
        HTTPStatus.CONFLICT: OFFSET_NOW if OffsetConflict in group else {},
    }
    return {
        "description": "; ".join(error.title for error in group),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {error.code: {"value": _example(error, status.value)} for error in group},
            }
        },
        "headers": headers.get(status, {}),
    }


def _example(error: type[RegistryError], status: int) -> dict[str, Any]:
    example = {
        "type": f"urn:modelyard:error:{error.code}",
        "title": error.title,
        "status": status,
        "detail": error.title[:1].lower() + error.title[1:],
    }
    return example | ({"hint": error.default_hint} if error.default_hint else {})
