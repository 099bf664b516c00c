"""Answers to requests that never reach the application, because their head is too slow, too large or unreadable."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from modelyard.domain.errors import Malformed, RequestTimeout


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One kind of answer; `code` becomes the last part of the problem's `type`."""

    status: HTTPStatus
    code: str
    title: str
    detail: str
    hint: str

    def encode(self, request_id: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The whole answer as bytes for the wire; it announces that the connection closes.

        Args:
            request_id: The id for X-Request-Id.
            headers: What the server puts on every answer, such as the date.
        """
        body = json.dumps(
            {
                "type": f"urn:modelyard:error:{self.code}",
                "title": self.title,
                "status": self.status.value,
                "detail": self.detail,
                "hint": self.hint,
            }
        ).encode("ascii")
        lines = [
            f"HTTP/1.1 {self.status.value} {self.status.phrase}".encode("ascii"),
            *(name + b": " + value for name, value in headers),
            b"content-type: application/problem+json",
            b"content-length: %d" % len(body),
            b"x-request-id: " + request_id.encode("ascii"),
            b"connection: close",
        ]
        return b"\r\n".join([*lines, b"", body])


HEAD_TOO_SLOW = Refusal(
    status=HTTPStatus.REQUEST_TIMEOUT,
    code=RequestTimeout.code,
    title=RequestTimeout.title,
    detail="the head of the request was not complete in time",
    hint="Send the request line and all headers at once.",
)
HEAD_TOO_LARGE = Refusal(
    status=HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    code="request-header-fields-too-large",
    title="The head of the request is larger than allowed",
    detail="the request line and the headers, or the trailers, are too large together",
    hint="Send fewer or shorter headers, and put data into the body.",
)
UNREADABLE = Refusal(
    status=HTTPStatus.BAD_REQUEST,
    code=Malformed.code,
    title=Malformed.title,
    detail="what arrived is not a valid HTTP/1.1 request",
    hint="Check the request line, the headers and the framing of the body.",
)
