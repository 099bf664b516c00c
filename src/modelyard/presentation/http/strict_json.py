"""Reading JSON bodies without guessing: bounded, without duplicate keys, and I-JSON throughout."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from modelyard.domain.errors import Malformed, TooLarge, UnsupportedMedia
from modelyard.domain.json_value import JsonValue, check_json

T = TypeVar("T")

MAX_VALUES = 250_000
"""Values in one document: the largest manifest and the largest batch of metrics have 100,000.

What is done for each value outweighs what is done for each byte: 16 MiB of `1,1,1,…` would hold up the event loop for
four seconds, and as many unknown fields for six.
"""


LARGE_BODY_BYTES = 64 * 1024
"""From here on a body is decoded in a thread: the largest takes half a second, in which others want answers."""


async def decoded(body: bytes, decode: Callable[[bytes], T]) -> T:
    """What `decode` makes of a body, without holding up the event loop for a large one."""
    return decode(body) if len(body) <= LARGE_BODY_BYTES else await run_in_threadpool(decode, body)


async def read_bounded(request: Request, limit_bytes: int) -> bytes:
    """The whole body, counted as it streams, whatever Content-Length says.

    Raises:
        TooLarge: more than `limit_bytes`.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit_bytes:
            raise TooLarge(f"a JSON body has at most {limit_bytes} bytes", hint="Send it in several requests.")
    return bytes(body)


def parse_json(body: bytes) -> JsonValue:
    """Decode a JSON body.

    Raises:
        TooLarge: more than 250,000 values.
        Malformed: not UTF-8, not JSON, nested too deeply to be read, or an object with a key twice.
        InvalidInput: JSON that breaks a rule of I-JSON (see `check_json`).
    """
    # Each value but the first follows one of these; those within texts count too, which no real document notices.
    if sum(body.count(mark) for mark in (b",", b"[", b"{")) > MAX_VALUES:
        raise TooLarge(f"a JSON body has at most {MAX_VALUES} values", hint="Send it in several requests.")
    try:
        document: JsonValue = json.loads(body.decode(), object_pairs_hook=_object, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise Malformed("the body is not UTF-8", hint="Send JSON in UTF-8.") from error
    except json.JSONDecodeError as error:
        message = f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise Malformed(message, details={"position": error.pos}) from error
    except RecursionError as error:
        raise Malformed("the body is nested too deeply") from error
    check_json(document)
    return document


def media_type_of(request: Request) -> str:
    """What the body is announced as, in lower case and without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def require_json(request: Request, *others: str) -> None:
    """Refuse a body that is announced as something else than JSON; `others` would have been taken too.

    Raises:
        UnsupportedMedia: the Content-Type is missing or another one.
    """
    require_media_type(request, "application/json", *others)


def require_media_type(request: Request, taken_type: str, *others: str) -> None:
    """Refuse a body that is announced as something else; `others` would have been taken too.

    Raises:
        UnsupportedMedia: the Content-Type is missing or another one.
    """
    media_type = media_type_of(request)
    if media_type != taken_type:
        taken = " or ".join((taken_type, *others))
        raise UnsupportedMedia(
            f"{media_type[:100] or 'a body without Content-Type'} is not taken here",
            hint=f"Send it with 'Content-Type: {taken}'.",
        )


class JsonRequest(Request):
    """A request whose JSON body has been read, and held against the rules and its schema."""

    def __init__(self, request: Request, body: bytes, document: BaseModel) -> None:
        super().__init__(request.scope, request.receive)
        self._raw = body
        self.document = document

    async def body(self) -> bytes:
        """The body as it came."""
        return self._raw

    async def json(self) -> BaseModel:
        """The document; FastAPI takes an instance of the schema as it is."""
        return self.document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise Malformed(f"the key {twice[:100]!r} stands twice in one object")
    return document


def _integer(digits: str) -> int | float:
    """An integer that Python refuses to convert for its length is beyond every bound all the same."""
    return int(digits) if len(digits) < 1000 else float("inf")
