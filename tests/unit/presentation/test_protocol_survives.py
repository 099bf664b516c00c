"""Whatever bytes come, in whatever pieces: nothing escapes, and a refusal is the last thing that is said."""

import asyncio
import contextlib
import logging
import re
from collections.abc import Iterator

import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from modelyard.presentation.http.protocol import bounded_protocol

ANSWER = re.compile(rb"HTTP/1\.1 ([2-5]\d\d) ")
PARTS = (
    b"GET / HTTP/1.1\r\n",
    b"POST / HTTP/1.1\r\n",
    b"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
    b"CONNECT here:1 HTTP/1.1\r\n",
    b"Host: here\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
    b"Expect: 100-continue\r\n",
    b"X: " + b"x" * 700 + b"\r\n",
    b"\r\n",
    b"hello",
    b"3\r\nabc\r\n",
    b"5;" + b"e" * 600,
    b"0\r\n\r\n",
    b"Z\r\n",
)


class Wire(asyncio.Transport):
    """A transport that remembers what was written, and that nothing may be written after its end."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.has_ended = False
        self._is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.has_ended
        self.written += data

    def write_eof(self) -> None:
        self.has_ended = True

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self._is_closed = True

    def is_closing(self) -> bool:
        return self._is_closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body of a POST, and no other."""
    while scope["method"] == "POST":
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        if not message["more_body"]:
            break
    await asyncio.sleep(0)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def talk(pieces: list[bytes]) -> Wire:
    protocol_class = bounded_protocol(header_timeout_seconds=60, max_header_bytes=1024)
    config = uvicorn.Config(application, interface="asgi3", ws="none", log_config=None, access_log=False)
    config.load()
    protocol = protocol_class(config, ServerState(), {}, asyncio.get_running_loop())
    wire = Wire()
    protocol.connection_made(wire)
    for piece in pieces:
        if wire.is_closing():
            break
        protocol.data_received(piece)
        await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)
    protocol.connection_lost(None)
    await asyncio.sleep(0)
    return wire


class Faults(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextlib.contextmanager
def faults_of(*loggers: str) -> Iterator[list[str]]:
    """What the loggers are told meanwhile: both speak of errors only, in a server that was not started."""
    faults = Faults()
    for logger in loggers:
        logging.getLogger(logger).addHandler(faults)
    try:
        yield faults.messages
    finally:
        for logger in loggers:
            logging.getLogger(logger).removeHandler(faults)


@given(st.lists(st.lists(st.sampled_from(PARTS) | st.binary(max_size=3), max_size=6).map(b"".join), max_size=6))
@example([b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n"])
@example([PARTS[2], PARTS[2] + b"\x00"])
def test_nothing_escapes_and_a_refusal_comes_last(pieces: list[bytes]) -> None:
    with faults_of("modelyard.connections", "uvicorn.error") as faults:
        wire = asyncio.run(talk(pieces))
    assert faults == []
    statuses = ANSWER.findall(wire.written)
    assert set(statuses[:-1]) <= {b"200"}
    if statuses and statuses[-1] != b"200":
        assert statuses[-1] in {b"400", b"431"}
        assert wire.has_ended
