"""A real server in a thread, with the registry's protocol in front of a small application; and raw clients for it."""

import asyncio
import contextlib
import http.client
import json
import select
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from typing import cast

import uvicorn
from starlette.types import Receive, Scope, Send

from modelyard.domain.errors import RequestTimeout
from modelyard.infrastructure.telemetry.prometheus import PrometheusTelemetry
from modelyard.presentation.http.body_deadline import BodyDeadline
from modelyard.presentation.http.protocol import bounded_protocol
from modelyard.presentation.http.request_id import RequestId

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def problem(self) -> dict[str, object]:
        assert self.headers["content-type"] == "application/problem+json"
        problem: dict[str, object] = json.loads(self.body)
        assert problem["status"] == self.status
        return problem


class Connection:
    """A client that sends what it is told, and reads answers one by one."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self._reader: BufferedReader = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self, method: str = "GET") -> Answer:
        """The next answer; `http.client` reads it from what is already buffered."""
        response = http.client.HTTPResponse(cast(socket.socket, _Readable(self._reader)), method=method)
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(status=response.status, headers=headers, body=response.read())

    def is_answered_within(self, seconds: float) -> bool:
        readable, _, _ = select.select([self._socket], [], [], seconds)
        return bool(readable)

    def line(self) -> bytes:
        return self._reader.readline()

    def rest(self) -> bytes:
        """What comes until the server closes the connection."""
        return self._reader.read()

    def close(self) -> None:
        self._reader.close()
        self._socket.close()


class _Readable:
    """Lets several answers be read from one buffer; closing an answer would close the buffer."""

    def __init__(self, reader: BufferedReader) -> None:
        self._reader = reader

    def makefile(self, _mode: str) -> "_Readable":
        return self

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)

    def close(self) -> None:
        pass


@dataclass(slots=True, kw_only=True)
class LiveServer:
    port: int
    served: list[tuple[str, bytes]]
    _open: list[Connection] = field(default_factory=list)

    def connect(self) -> Connection:
        connection = Connection(self.port)
        self._open.append(connection)
        return connection

    def exchange(self, data: bytes) -> tuple[Answer, bytes]:
        """Send all at once; the answer, and what follows it until the server closes."""
        connection = self.connect()
        connection.send(data)
        return connection.answer(), connection.rest()

    def close_connections(self) -> None:
        for connection in self._open:
            connection.close()


def post(path: str, body: bytes, *headers: bytes) -> bytes:
    lines = [b"POST %s HTTP/1.1" % path.encode(), b"Host: here", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Answers with the body of the request: `/early` without reading it, `/late` a moment later, `/never` not at all.

    `served` collects what was read. A broken one does not start.
    """

    served: list[tuple[str, bytes]] = field(default_factory=list)
    is_broken: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path = scope["path"]
        if path in {"/late", "/never"}:
            print(f"{path} began", flush=True)
            await asyncio.sleep(0.3 if path == "/late" else 3600)
        if path == "/early":
            await answer(send, 200, b"early")
            return
        try:
            body = await read(receive)
        except RequestTimeout as error:
            await answer(send, 408, error.message.encode())
            return
        if path == "/caller":
            await answer(send, 200, json.dumps([scope["client"][0], scope["scheme"]]).encode())
            return
        self.served.append((path, b"disconnected" if body is None else body))
        shown = json.dumps([[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]]).encode()
        await answer(send, 200, shown if path == "/headers" else path.encode() + b" " + (body or b""))

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        if self.is_broken:
            raise OSError("the stand-in is broken")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        print("the lifespan ended", flush=True)
        await send({"type": "lifespan.shutdown.complete"})


async def answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read(receive: Receive) -> bytes | None:
    """The whole body, or nothing when the client left."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        if not message["more_body"]:
            return bytes(body)


@contextlib.contextmanager
def live_server(
    *,
    header_timeout_seconds: float = PATIENCE_SECONDS,
    max_header_bytes: int = 64 * 1024,
    body_timeout_seconds: float = PATIENCE_SECONDS,
) -> Iterator[LiveServer]:
    application = StandIn()
    app = RequestId(BodyDeadline(application, idle_timeout_seconds=body_timeout_seconds), PrometheusTelemetry())
    protocol = bounded_protocol(
        header_timeout_seconds=header_timeout_seconds, max_header_bytes=max_header_bytes, linger_seconds=0.5
    )
    config = uvicorn.Config(
        app, interface="asgi3", loop="uvloop", http=protocol, ws="none", lifespan="on", log_config=None,
        access_log=False, proxy_headers=False, server_header=False, timeout_keep_alive=int(PATIENCE_SECONDS),
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        live = LiveServer(port=listener.getsockname()[1], served=application.served)
        try:
            yield live
        finally:
            live.close_connections()
            server.should_exit = True
            thread.join()
