"""Reading JSON bodies without guessing: bounded, without duplicate keys, and I-JSON throughout."""

import json
from typing import Any

from fastapi import Request

from modelyard.domain.errors import Malformed, TooLarge, UnsupportedMedia
from modelyard.domain.json_value import JsonValue, check_json


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
        Malformed: not UTF-8, not JSON, nested too deeply to be read, or an object with a key twice.
        InvalidInput: JSON that breaks a rule of I-JSON (see `check_json`).
    """
    try:
        document = json.loads(body.decode(), object_pairs_hook=_object, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise Malformed("the body is not UTF-8", hint="Send JSON in UTF-8.") from error
    except json.JSONDecodeError as error:
        message = f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise Malformed(message, details={"position": error.pos}) from error
    except RecursionError as error:
        raise Malformed("the body is nested too deeply") from error
    check_json(document)
    return document


def require_json(request: Request) -> None:
    """Refuse a body that is announced as something else than JSON.

    Raises:
        UnsupportedMedia: the Content-Type is missing or another one.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMedia(
            f"{media_type[:100] or 'a body without Content-Type'} is not taken here",
            hint="Send JSON, with 'Content-Type: application/json'.",
        )


class JsonRequest(Request):
    """A request whose JSON body has been read and held against the rules."""

    def __init__(self, request: Request, body: bytes) -> None:
        super().__init__(request.scope, request.receive)
        self.raw = body
        self._document = parse_json(body) if body else None

    async def body(self) -> bytes:
        """The body as it came."""
        return self.raw

    async def json(self) -> JsonValue:
        """The document, decoded once."""
        return self._document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"the key {twice[:100]!r} stands twice in one object")
    return document


def _integer(digits: str) -> int | float:
    """An integer that Python refuses to convert for its length is beyond every bound all the same."""
    return int(digits) if len(digits) < 1000 else float("inf")
