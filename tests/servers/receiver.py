"""A receiver of webhooks: an HTTP server that keeps what comes, and answers as a test says."""

import base64
import contextlib
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document

    def is_signed_by(self, secret: str) -> bool:
        """Standard Webhooks, written anew: nothing of it is shared with the sender."""
        key = base64.b64decode(secret.split("_", 1)[1])
        content = b".".join((self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body))
        expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        is_fresh = abs(time.time() - int(self.headers["webhook-timestamp"])) < 300
        return is_fresh and f"v1,{expected}" in self.headers["webhook-signature"].split(" ")


Answer = Callable[[BaseHTTPRequestHandler, Received], int]
"""Gives a status; or 0, after it has answered, or not, by itself."""


def accept(_handler: BaseHTTPRequestHandler, _received: Received) -> int:
    return 204


@dataclass(slots=True)
class Receiver:
    port: int
    received: list[Received] = field(default_factory=list)
    answer: Answer = accept
    has_come: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def await_count(self, count: int) -> list[Received]:
        """What came, once it is so much."""
        return self.await_that(lambda received: len(received) >= count)

    def await_that(self, holds: Callable[[list[Received]], bool]) -> list[Received]:
        """What came, once it is enough."""
        with self.has_come:
            assert self.has_come.wait_for(lambda: holds(self.received), PATIENCE_SECONDS), self.received
            return list(self.received)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100
    receiver: Receiver

    def handle_error(self, *_: object) -> None:
        """The sender may leave before it is answered; the test says what it expects of that."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(path=self.path, headers=headers, body=body)
        with receiver.has_come:
            receiver.received.append(received)
            receiver.has_come.notify_all()
        status = receiver.answer(self, received)
        if status:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.receiver = Receiver(port=server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
