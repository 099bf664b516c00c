"""Registering from a form: files and their description in one request, each file streamed to the store as it comes."""

import re
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from modelyard.domain.errors import InvalidInput, Malformed, TooLarge

MAX_PARTS = 20_001
DESCRIPTION = "version"

_SHORTENED = re.compile(r'filename\s*=\s*"?(?:.:\\|\\\\)', re.IGNORECASE)
"""File names that the parser would shorten to their last part without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a form: its field, its file name if it is a file, its media type, and its bytes as they come."""

    name: str
    file_name: str | None
    media_type: str
    pieces: AsyncIterator[bytes]


@dataclass(slots=True)
class _Event:
    kind: str
    data: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class FormReader:
    """Reads a `multipart/form-data` body part by part; at no time is more of it in memory than one network read."""

    def __init__(self, request: Request) -> None:
        _, options = parse_options_header(request.headers.get("content-type"))
        boundary = options.get(b"boundary")
        if not boundary:
            raise Malformed("the form has no boundary", hint="Let your HTTP library write the Content-Type of a form.")
        self._stream = request.stream()
        self._events: deque[_Event] = deque()
        self._headers: dict[str, str] = {}
        self._name = b""
        self._value = b""
        self._is_ended = False
        try:
            self._parser = MultipartParser(boundary, self._callbacks())  # type: ignore[arg-type]
        except FormParserError as error:
            raise Malformed(f"the form's boundary cannot be used: {error}") from error

    async def parts(self) -> AsyncIterator[Part]:
        """The parts in their order. The pieces of one must be read to their end before the next.

        Raises:
            Malformed: the body is no form, or breaks off.
            TooLarge: more parts than a version has files.
        """
        count = 0
        while (event := await self._next()) is not None:
            count += 1
            if count > MAX_PARTS:
                raise TooLarge(f"a form has at most {MAX_PARTS} parts")
            yield self._part(event.headers)
        if not self._is_ended:
            raise Malformed("the form breaks off before its closing boundary")

    def _part(self, headers: dict[str, str]) -> Part:
        header = headers.get("content-disposition", "")
        if _SHORTENED.search(header):
            raise InvalidInput("a file name in the form is an absolute path of Windows", hint="Send a relative path.")
        disposition, options = parse_options_header(header)
        name = options.get(b"name")
        if disposition != b"form-data" or name is None:
            raise Malformed("a part of the form has no name")
        file_name = options.get(b"filename")
        try:
            return Part(
                name=name.decode(),
                file_name=None if file_name is None else file_name.decode(),
                media_type=headers.get("content-type", "application/octet-stream"),
                pieces=self._pieces(),
            )
        except UnicodeDecodeError as error:
            raise Malformed("a file name in the form is not UTF-8") from error

    async def _pieces(self) -> AsyncIterator[bytes]:
        while (event := await self._next()) is not None:
            if event.kind == "end":
                return
            yield event.data
        raise Malformed("the form breaks off within a part")

    async def _next(self) -> _Event | None:
        while not self._events:
            piece = await anext(self._stream, None)
            if piece is None or self._is_ended:
                return None
            try:
                self._parser.write(piece)
            except FormParserError as error:
                raise Malformed(f"the form cannot be read: {error}") from error
        return self._events.popleft()

    def _callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": lambda: self._events.append(_Event("begin", headers=dict(self._headers))),
            "on_part_data": lambda data, start, end: self._events.append(_Event("data", bytes(data[start:end]))),
            "on_part_end": lambda: self._events.append(_Event("end")),
            "on_end": self._on_end,
        }

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._name = self._value = b""

    def _on_end(self) -> None:
        self._is_ended = True
