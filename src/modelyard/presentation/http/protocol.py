"""Connections that cannot be held open by a request head that is slow, large or unreadable."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from modelyard.presentation.http.deadline import Deadline
from modelyard.presentation.http.refusal import HEAD_TOO_LARGE, HEAD_TOO_SLOW, UNREADABLE, Refusal
from modelyard.presentation.http.request_id import log_refusal, request_ids

_NEW, _BETWEEN, _IN_HEAD, _IN_BODY = range(4)
_ENDING_SECONDS = 1.0
_UPGRADE_HEADERS = {b"upgrade", b"connection", b"http2-settings"}
_logger = logging.getLogger("modelyard.connections")


class _HeadTooLarge(Exception):
    """Raised inside a callback, which stops the parser."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection of uvicorn's, with bounds on what comes before the application.

    - A head that is not complete within `head_seconds` of its first byte, or of the opening of the connection, ends
      the connection: with 408 where a request has begun, without a word where nothing came.
    - A head larger than `head_bytes` is answered with 431, before more than that and two reads of the socket are held.
      The same bound holds for trailers and chunk extensions.
    - What cannot be parsed is answered with 400. Requests that came before it get their answers first.
    - A request whose answer came before its body has `head_seconds` to send the rest.
    - A request that asks for an upgrade (as Java's client does) is served as if it had not asked.
    - When the server stops, who was let in just before, or has begun a head, has a second to send it, and is answered.

    A request that comes whole in one read costs a few attributes more than uvicorn's.
    """

    head_seconds: float
    head_bytes: int
    linger_seconds: float
    new_request_id: Callable[[], str]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._phase = _NEW
        self._is_ending = False
        self._has_part_begun = False  # a head or a body, in the present read
        self._has_body_come = False  # in the present read
        self._read_bytes = 0  # the size of the present read
        self._fruitless_bytes = 0  # whole reads since the head or body began, or since the body last made progress
        self._unanswered = 0
        self._refusal: Refusal | None = None
        self._deadline = Deadline(self.loop, self.head_seconds, self._expire)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._deadline.start(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer, which would keep the connection in memory."""
        self._deadline.end()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close once nothing is under way."""
        self._is_ending = self._phase in {_NEW, _IN_HEAD} and self._refusal is None and not self._unanswered
        if self._is_ending:
            self._deadline.start(_ENDING_SECONDS)
        else:
            super().shutdown()

    def data_received(self, data: bytes) -> None:
        """Parse one read. Nothing escapes from here: the loop would drop the connection without an answer."""
        if self._refusal is not None:
            return
        self._unset_keepalive_if_required()
        self._has_part_begun = self._has_body_come = False
        self._read_bytes = len(data)
        try:
            self._parse(data)
        except httptools.HttpParserError as error:
            self._refuse(HEAD_TOO_LARGE if isinstance(error.__context__, _HeadTooLarge) else UNREADABLE)
        except Exception:
            _logger.exception("The parser of requests failed.")
            self._refuse(UNREADABLE)
        else:
            self._check_unfinished()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._phase = _IN_HEAD
        self._has_part_begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is complete: its request starts, or queues up behind others."""
        self._check_head()
        super().on_headers_complete()
        if self.parser.should_upgrade():
            return  # it comes again, without the upgrade
        self._phase = _IN_BODY
        self._has_part_begun = True
        self._unanswered += 1
        self.cycle.keep_alive = self.cycle.keep_alive and not self._is_ending
        self._deadline.at = None
        self.headers = []  # for trailers, which must not join the headers that the application sees

    def on_body(self, body: bytes) -> None:
        """A piece of a body came."""
        self._has_body_come = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request has come whole."""
        self._phase = _BETWEEN
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """A request has been answered; what is still missing of it, or has begun of the next, gets a deadline."""
        self._unanswered -= 1
        super().on_response_complete()
        if self._unanswered or self.transport.is_closing():
            return
        if self._refusal is not None:
            self._answer(self._refusal)
        elif self._phase != _BETWEEN:
            self._unset_keepalive_if_required()
            self._deadline.at = self.loop.time() + self.head_seconds

    def _should_upgrade(self) -> bool:
        # Said to uvicorn, which then leaves such a request alone; `_parse` takes it up again.
        return True

    def _parse(self, data: bytes) -> None:
        """Feed the parser; it stops behind each head that asks for an upgrade, and would skip the body of such one."""
        rest = memoryview(data)
        while True:
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
                self._begin_again_without_upgrade()
            else:
                return

    def _begin_again_without_upgrade(self) -> None:
        head = _head_without_upgrade(self.parser, self.url, self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it, for pipelines
        self.parser.feed_data(head)

    def _check_head(self) -> None:
        """Refuse what the parser lets pass: a large head, and codings that nobody here decodes."""
        if self._read_bytes > self.head_bytes or not self._has_part_begun:
            size_bytes = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size_bytes > self.head_bytes:
                raise _HeadTooLarge
        for name, value in self.headers:
            if name == b"transfer-encoding" and value.lower() != b"chunked":
                raise httptools.HttpParserError("only the coding `chunked` is known")

    def _check_unfinished(self) -> None:
        if self._phase in {_NEW, _BETWEEN} or self._has_part_begun or self._has_body_come:
            self._fruitless_bytes = 0
        else:
            self._fruitless_bytes += self._read_bytes
            if self._fruitless_bytes > self.head_bytes:
                self._refuse(HEAD_TOO_LARGE)
                return
        if self._deadline.at is None and not self._unanswered:
            self._deadline.at = self.loop.time() + self.head_seconds

    def _refuse(self, refusal: Refusal) -> None:
        """Read nothing more; answer once the requests before have their answers."""
        self._refusal = refusal
        if self._phase == _IN_BODY:
            self._abandon()
            if self.cycle.response_started:
                self._linger()
                return
        if not self._unanswered:
            self._answer(refusal)

    def _abandon(self) -> None:
        """Tell the application that the rest of the present body will not come; what it still sends is dropped."""
        if not self.cycle.response_complete:
            self._unanswered -= 1
        self.cycle.disconnected = True
        self.cycle.waiting_for_100_continue = False
        self.cycle.message_event.set()
        if self.pipeline:
            self.pipeline.popleft()

    def _answer(self, refusal: Refusal) -> None:
        request_id = self.new_request_id()
        log_refusal(request_id, refusal.status.value, refusal.detail)
        self.transport.write(refusal.encode(request_id, self.server_state.default_headers))
        self._linger()

    def _linger(self) -> None:
        """Close in a while: closing over unread bytes would make the kernel throw the answer away on its way."""
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._deadline.start(self.linger_seconds)

    def _expire(self) -> None:
        if self._refusal is not None:
            self.transport.abort()
        elif self._phase == _IN_HEAD and not self.transport.is_closing():
            self._refuse(HEAD_TOO_SLOW)
        else:
            self.transport.close()


def _head_without_upgrade(
    parser: httptools.HttpRequestParser, url: bytes, headers: Iterable[tuple[bytes, bytes]]
) -> bytes:
    method = parser.get_method()
    if method == b"CONNECT":
        raise httptools.HttpParserError("CONNECT has no meaning here")
    lines = [b"%s %s HTTP/%s" % (method, url, parser.get_http_version().encode("ascii"))]
    lines += [name + b": " + value for name, value in headers if name not in _UPGRADE_HEADERS]
    return b"\r\n".join([*lines, b"", b""])


def bounded_protocol(
    *,
    header_timeout_seconds: float,
    max_header_bytes: int,
    linger_seconds: float = 2.0,
    new_request_id: Callable[[], str] | None = None,
) -> type[HttpToolsProtocol]:
    """The class that uvicorn's `http=` takes, with these bounds.

    Args:
        header_timeout_seconds: How long a head, or the rest of a body that was answered early, may take to come.
        max_header_bytes: Largest request line and headers together.
        linger_seconds: How long a refused connection is still read, without effect, before it is closed.
        new_request_id: Source of ids for answers that are given here.
    """

    class ConfiguredProtocol(BoundedProtocol):
        head_seconds = header_timeout_seconds
        head_bytes = max_header_bytes

    ConfiguredProtocol.linger_seconds = linger_seconds
    ConfiguredProtocol.new_request_id = staticmethod(new_request_id or request_ids())
    return ConfiguredProtocol
