import contextlib
from collections.abc import AsyncIterator

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.errors import InvalidInput, Malformed, RegistryError, TooLarge
from modelyard.presentation.api.versions import form
from modelyard.presentation.api.versions.form import FormReader
from tests.unit.presentation.asgi import http_scope

Read = list[tuple[str, str | None, str, bytes]]


def request_with(pieces: list[bytes], content_type: str = "multipart/form-data; boundary=b") -> Request:
    left = list(pieces)

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": left.pop(0) if left else b"", "more_body": bool(left)}

    return Request(http_scope((b"content-type", content_type.encode()), method="POST"), receive)


def encoded(*parts: tuple[bytes, bytes]) -> bytes:
    return b"".join(b"--b\r\n%s\r\n\r\n%s\r\n" % part for part in parts) + b"--b--\r\n"


async def joined(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def read(*pieces: bytes) -> Read:
    return [
        (part.name, part.file_name, part.media_type, await joined(part.pieces))
        async for part in FormReader(request_with(list(pieces))).parts()
    ]


FIELD = b"Content-Disposition: form-data; name=version"
FILE = b"Content-Disposition: form-data; name=file; filename="


async def test_parts_come_in_their_order_with_names_types_and_bytes() -> None:
    body = encoded(
        (FIELD, b"{}"), (FILE + b'"a/b.bin"\r\nContent-Type: text/plain', b"x\r\n--b\r--"), (FILE + b"c", b"")
    )
    assert await read(body) == [
        ("version", None, "application/octet-stream", b"{}"),
        ("file", "a/b.bin", "text/plain", b"x\r\n--b\r--"),
        ("file", "c", "application/octet-stream", b""),
    ]


@given(content=st.binary(max_size=60), size=st.integers(1, 9))
async def test_it_does_not_matter_how_the_network_cuts_it(content: bytes, size: int) -> None:
    content = content.replace(b"--b", b"")
    body = encoded((FIELD, content), (FILE + "ü".encode(), content[::-1].replace(b"b--", b"")))
    whole = await read(body)
    assert whole == await read(*(body[start : start + size] for start in range(0, len(body), size)))
    assert whole[0][3] == content


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ('"a b.bin"', "a b.bin"),
        ('"größe 表.bin"', "größe 表.bin"),
        ('"say \\"hi\\".txt"', 'say "hi".txt'),
        ('"back\\\\slash"', "back\\slash"),
        ('"a;b=c"', "a;b=c"),
        ('"%2e%2e%2f"', "%2e%2e%2f"),
        ('"../x"', "../x"),
        ("plain", "plain"),
        ('""', ""),
    ],
)
async def test_a_file_name_is_taken_as_it_is(file_name: str, expected: str) -> None:
    [(_, found, _, _)] = await read(encoded((FILE + file_name.encode(), b"")))
    assert found == expected


@pytest.mark.parametrize("file_name", ['"C:\\x"', "c:\\x", '"\\\\server\\x"', '"\\\\\\\\server\\\\x"'])
@pytest.mark.parametrize("sign", ["=", " = ", "=\t"])
async def test_a_name_that_the_parser_would_shorten_is_refused(file_name: str, sign: str) -> None:
    header = f"Content-Disposition: form-data; name=file; filename{sign}{file_name}"
    with pytest.raises(InvalidInput):
        await read(encoded((header.encode(), b"")))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b\r\n",
        b"--b\r\n" + FIELD + b"\r\n\r\nx",
        b"--b\r\n" + FIELD + b"\r\n\r\nx\r\n--b\r\n",
        encoded((b"X: y", b"")),
        encoded((b"Content-Disposition: form-data", b"")),
        encoded((b"Content-Disposition: attachment; name=a", b"")),
        encoded((FILE + b'"\xff"', b"")),
        encoded((b"Content-Disposition: form-data; name=\xff", b"")),
        encoded((b"X: " + b"y" * 10_000, b"")),
        encoded((b"\r\n".join([b"X: y"] * 20), b"")),
        b"--x--\r\n",
    ],
)
async def test_what_is_no_whole_form_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        await read(body)


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "b" * 300],
)
async def test_a_form_needs_a_boundary(content_type: str) -> None:
    with pytest.raises(Malformed):
        FormReader(request_with([], content_type))


async def test_a_form_has_a_bounded_number_of_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form, "MAX_PARTS", 3)
    assert len(await read(encoded(*[(FIELD, b"")] * 3))) == 3
    with pytest.raises(TooLarge):
        await read(encoded(*[(FIELD, b"")] * 4))


async def test_what_stands_behind_the_end_is_not_read() -> None:
    assert len(await read(encoded((FIELD, b"x")), b"--b\r\nanything" * 1000)) == 1


@given(st.binary(max_size=200))
async def test_no_bytes_raise_anything_but_a_refusal(body: bytes) -> None:
    with contextlib.suppress(RegistryError):
        await read(body, b"--b" + body)
