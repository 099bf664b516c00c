"""What the proxy does where a server is not there at all, as long as its container is being replaced."""

import contextlib
import http.server
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.nginx import nginx_before

_PATIENCE_SECONDS = 0.9
_MOST_SECONDS = 5.0


class _Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def answering() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """A port that neither takes nor refuses connections: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_that_does_not_answer_costs_a_second_and_no_request(tmp_path: Path, method: str) -> None:
    with silent() as gone, answering() as there, nginx_before([gone, there], tmp_path) as nginx:
        if nginx is None:
            pytest.skip("nginx is not installed, so the proxy cannot be tried here")
        taken = []
        for _ in range(4):
            begun = time.monotonic()
            assert httpx.request(method, nginx.url, trust_env=False, timeout=60).status_code == 204
            taken.append(time.monotonic() - begun)
    assert max(taken) < _MOST_SECONDS, taken
    assert sum(seconds > _PATIENCE_SECONDS for seconds in taken) >= len(taken) // 2, "some met the one that is gone"
