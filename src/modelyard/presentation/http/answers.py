"""Building answers: JSON from schemas, ETags, links, and answers that are given once."""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from pydantic import BaseModel

from modelyard.application.ports.answers import Answer
from modelyard.application.ports.database import Transaction
from modelyard.application.services.idempotency import Ticket, answer_once
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.presentation.http.conditions import etag, has_current
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import BASE

P = ParamSpec("P")
R = TypeVar("R")

_PLAIN = re.compile(r"[a-z0-9]+", re.ASCII)
_KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)

LARGE_BODY_BYTES = 16 * 1024
"""From here on a body may ask for so many rows (files, measurements) that others should not wait for them."""


def address(*parts: str) -> str:
    """An address below the API's base, each part percent-encoded; most parts need no looking at."""
    return "/".join((BASE, *(part if _PLAIN.fullmatch(part) else quote(part, safe="@") for part in parts)))


def json_answer(document: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A document as JSON."""
    held = {"Content-Type": "application/json", **(headers or {})}
    return Answer(status=status, headers=held, body=json_body(document))


def response_of(answer: Answer) -> Response:
    """The answer as the framework sends it."""
    return Response(answer.body, answer.status, answer.headers)


def json_body(document: BaseModel) -> bytes:
    """A document as it is sent."""
    return document.model_dump_json(by_alias=True).encode()


def tagged_response(request: Request, tag: str, render: Callable[[], bytes]) -> Response:
    """A resource with its ETag; or 304, and no document is written, when the caller holds it already."""
    headers = {"ETag": etag(tag)}
    if has_current(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(render(), 200, headers, "application/json")


def tag_of(body: bytes) -> str:
    """A tag for a document that has no revision: the same as long as it is the same."""
    return hashlib.sha256(body).hexdigest()[:32]


def page_response(request: Request, page: BaseModel, next_cursor: str | None) -> Response:
    """A page, with a link to the next one (RFC 8288)."""
    answer = Response(json_body(page), media_type="application/json")
    if next_cursor is not None:
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        target = f"{quote(request.scope['path'])}?{urlencode([*query, ('cursor', next_cursor)])}"
        answer.headers["Link"] = f'<{target}>; rel="next"'
    return answer


async def write_once(
    request: Request,
    body: bytes,
    render: Callable[[R], Answer],
    use_case: Callable[Concatenate[Transaction, P], R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Response:
    """Run a change and answer; with an Idempotency-Key the same request gets the same answer again.

    The answer is kept in the transaction of the change, so there is never one without the other. `body` is what two
    requests must share, besides method and address, to be the same.

    Raises:
        InvalidInput: the key is not 1-200 visible ASCII characters.
        IdempotencyConflict: the key came before with another request.
    """
    database = context_of(request).database
    run = database.sweep if len(body) > LARGE_BODY_BYTES else database.write
    return _once(*await run(answer_once, _ticket(request, body), lambda tx: render(use_case(tx, *args, **kwargs))))


async def sweep_once(
    request: Request,
    body: bytes,
    render: Callable[[R], Answer],
    use_case: Callable[Concatenate[Transaction, P], R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Response:
    """As `write_once`, for a change of many rows."""
    run = context_of(request).database.sweep
    return _once(*await run(answer_once, _ticket(request, body), lambda tx: render(use_case(tx, *args, **kwargs))))


def _once(answer: Answer, is_replay: bool) -> Response:
    response = response_of(answer)
    if is_replay:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def idempotency_key(request: Request) -> str | None:
    """The key that the caller chose, if they did.

    Raises:
        InvalidInput: it is not 1-200 visible ASCII characters, or there are two.
    """
    keys = request.headers.getlist("idempotency-key")
    key = ", ".join(keys)
    if keys and not _KEY.fullmatch(key):
        message = "must be 1 to 200 visible ASCII characters"
        raise InvalidInput(
            f"Idempotency-Key {message}", errors=[FieldError(pointer="Idempotency-Key", message=message)]
        )
    return key or None


def _ticket(request: Request, body: bytes) -> Ticket | None:
    key = idempotency_key(request)
    if key is None:
        return None
    scope = request.scope
    request_line = f"{request.method} {scope['path']}?{scope['query_string'].decode('latin-1')}\n"
    return Ticket(
        principal=principal_of(request),
        key=key,
        fingerprint=hashlib.sha256(request_line.encode() + body).hexdigest(),
        ttl=context_of(request).idempotency_ttl,
    )
