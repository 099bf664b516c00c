"""What each route says about itself: its permission, and every answer that it can give."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

from modelyard.domain.errors import (
    DatabaseUnavailable,
    IdempotencyConflict,
    InvalidInput,
    Malformed,
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

READS: Errors = (Malformed, InvalidInput, DatabaseUnavailable)
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


def header(description: str, example: str) -> dict[str, Any]:
    """How a header is described in OpenAPI."""
    return {"description": description, "schema": {"type": "string"}, "example": example}


ETAG = {"ETag": header("The state of the resource, for If-Match and If-None-Match", '"7-3"')}
LOCATION = {"Location": header("Where the new resource is", "/api/v1/models/churn")}
LINK = {"Link": header("The next page, if there is one", '</api/v1/models?cursor=…>; rel="next"')}
REPLAYED = {"Idempotent-Replayed": header("`true` on an answer that was given before", "true")}
NOT_MODIFIED: Mapping[int, dict[str, Any]] = {304: {"description": "The caller holds this state", "headers": ETAG}}

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "Change only this state; an ETag as it came. Otherwise 412.",
    "schema": {"type": "string"},
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "Answer 304 when this is still the state.",
    "schema": {"type": "string"},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1-200 visible ASCII characters. The same request with the same key gets the same answer for a day.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}
ACTOR = {
    "name": "X-Modelyard-Actor",
    "in": "header",
    "required": False,
    "description": "Who makes the change, as it will stand in the history.",
    "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,248}[!-~])?$"},
}


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
    return {"responses": responses | _problems(errors), "openapi_extra": extra}


def _problems(errors: Errors) -> dict[int | str, dict[str, Any]]:
    by_status: dict[int, list[type[RegistryError]]] = defaultdict(list)
    for error in dict.fromkeys(errors):
        by_status[STATUS[error].value].append(error)
    return {
        status: {
            "description": "; ".join(error.title for error in group),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {error.code: {"value": _example(error, status)} for error in group},
                }
            },
        }
        for status, group in sorted(by_status.items())
    }


def _example(error: type[RegistryError], status: int) -> dict[str, Any]:
    example = {
        "type": f"urn:modelyard:error:{error.code}",
        "title": error.title,
        "status": status,
        "detail": error.title[:1].lower() + error.title[1:],
    }
    return example | ({"hint": error.default_hint} if error.default_hint else {})
