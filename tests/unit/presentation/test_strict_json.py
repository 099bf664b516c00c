import json
import threading
from collections.abc import AsyncIterator

import pytest
from fastapi import Request
from hypothesis import given

from modelyard.domain.errors import InvalidInput, Malformed, RegistryError, TooLarge, UnsupportedMedia
from modelyard.domain.json_value import JsonValue
from modelyard.presentation.http.strict_json import (
    LARGE_BODY_BYTES,
    MAX_VALUES,
    decoded,
    media_type_of,
    parse_json,
    read_bounded,
    require_json,
)
from tests.strategies import json_values
from tests.unit.presentation.asgi import http_scope


@given(json_values)
def test_what_every_client_can_read_is_read(value: JsonValue) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        (b"", Malformed, "line 1, column 1"),
        (b'{"a": }', Malformed, "column 7"),
        (b'{"a": 1\n"b": 2}', Malformed, "line 2"),
        (b"\xff", Malformed, "UTF-8"),
        (b'"\xed\xa0\x80"', Malformed, "UTF-8"),
        (b"\xef\xbb\xbf{}", Malformed, "BOM"),
        (b'{"a": 1, "a": 1}', Malformed, "'a' stands twice"),
        (b'[{"b": {"c": 1, "d": 2, "c": 3}}]', Malformed, "'c' stands twice"),
        (b"[" * 100_000, Malformed, "nested too deeply"),
        (b'{"a":' * 100_000, Malformed, "nested too deeply"),
        (b"[" * 65 + b"]" * 65, InvalidInput, "breaks a rule"),
        (b"[NaN]", InvalidInput, "/0"),
        (b"[1e999]", InvalidInput, "/0"),
        (b'{"a": [-Infinity]}', InvalidInput, "/a/0"),
        (b'{"a": 9007199254740992}', InvalidInput, "/a"),
        (b"[" + b"9" * 100_000 + b"]", InvalidInput, "/0"),
        (b'"\\ud800"', InvalidInput, "breaks a rule"),
        (b'{"a~/b": "\\u0000"}', InvalidInput, "/a~0~1b"),
    ],
)
def test_everything_else_is_refused_with_its_place(body: bytes, kind: type[RegistryError], told: str) -> None:
    with pytest.raises(kind) as refusal:
        parse_json(body)
    assert type(refusal.value) is kind
    assert told in refusal.value.message


def test_a_document_has_a_bounded_number_of_values() -> None:
    assert len(parse_json(b"[" + b"1," * (MAX_VALUES - 2) + b"1]")) == MAX_VALUES - 1  # type: ignore[arg-type]
    with pytest.raises(TooLarge):
        parse_json(b"[" + b"1," * MAX_VALUES + b"1]")


def request_with(content_type: str | None, *pieces: bytes) -> Request:
    left = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]

    async def receive() -> dict[str, object]:
        return left.pop(0) if left else {"type": "http.request", "body": b"", "more_body": False}

    headers = [] if content_type is None else [(b"content-type", content_type.encode())]
    return Request(http_scope(*headers, method="POST"), receive)


async def test_a_body_is_read_up_to_its_bound() -> None:
    assert await read_bounded(request_with(None, b"ab", b"c"), 3) == b"abc"
    assert await read_bounded(request_with(None), 0) == b""


async def test_a_body_is_counted_as_it_streams() -> None:
    request = request_with(None, *[b"ab"] * 1000)
    with pytest.raises(TooLarge, match="at most 3 bytes"):
        await read_bounded(request, 3)
    assert isinstance(request.stream(), AsyncIterator)


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON ; charset=utf-8", "application/json;"])
def test_json_is_known_by_its_content_type(content_type: str) -> None:
    require_json(request_with(content_type))


@pytest.mark.parametrize("content_type", [None, "", "text/json", "application/jsonp", "application/json, text/plain"])
def test_what_is_not_json_is_refused_with_what_is_taken(content_type: str | None) -> None:
    request = request_with(content_type)
    assert media_type_of(request) == (content_type or "")
    with pytest.raises(UnsupportedMedia) as refusal:
        require_json(request, "multipart/form-data")
    assert "application/json or multipart/form-data" in refusal.value.hint


@pytest.mark.parametrize(
    ("size_bytes", "is_beside_the_loop"), [(LARGE_BODY_BYTES, False), (LARGE_BODY_BYTES + 1, True)]
)
async def test_a_large_body_is_decoded_beside_the_event_loop(size_bytes: int, is_beside_the_loop: bool) -> None:
    size, thread = await decoded(b"1" * size_bytes, lambda body: (len(body), threading.get_ident()))

    assert (size, thread != threading.get_ident()) == (size_bytes, is_beside_the_loop)


async def test_a_large_body_is_refused_as_a_small_one_is() -> None:
    with pytest.raises(Malformed, match="not JSON"):
        await decoded(b"[" + b" " * LARGE_BODY_BYTES, parse_json)
