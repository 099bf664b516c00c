"""A server that is told to end loses no request: what it has let in it answers, and what it has not it refuses."""

import contextlib
import http.client
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.live_server import PATIENCE_SECONDS, Connection, post
from tests.integration.server_process import REAL, STAND_IN, ServerProcess, running

CLIENTS = 20


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@contextlib.contextmanager
def standing_still(process: int) -> Iterator[None]:
    """What is sent meanwhile waits in the kernel."""
    os.kill(process, signal.SIGSTOP)
    while Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.001)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS).close()
    except ConnectionRefusedError:
        return True
    return False


def test_connections_that_wait_are_served_before_the_end(data_dir: Path) -> None:
    with running(STAND_IN, data_dir) as server:
        assert server.get("/")[0] == 200
        with standing_still(server.process.pid):
            clients = [Connection(server.port) for _ in range(CLIENTS)]
            for client in clients:
                client.send(post("/waiting", b"body"))
            server.process.send_signal(signal.SIGTERM)
        answers = [client.answer() for client in clients]
        for client in clients:
            client.close()
        assert {(answer.status, answer.body) for answer in answers} == {(200, b"/waiting body")}
        server.process.communicate(timeout=PATIENCE_SECONDS)
        assert server.process.returncode == 0


@pytest.mark.parametrize("begun", [b"", b"GET /late"], ids=["nothing came yet", "its head has begun"])
def test_a_request_that_is_on_its_way_is_answered(data_dir: Path, begun: bytes) -> None:
    with running(STAND_IN, data_dir) as server:
        client = Connection(server.port)
        client.send(begun)
        wait_until_taken(server)
        server.process.send_signal(signal.SIGTERM)
        while not is_refused(server.port):
            time.sleep(0.005)
        client.send(b"GET /late HTTP/1.1\r\nHost: here\r\n\r\n".removeprefix(begun))
        answer = client.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        client.close()
        server.process.communicate(timeout=PATIENCE_SECONDS)
        assert server.process.returncode == 0


def wait_until_taken(server: ServerProcess) -> None:
    """The queue is served in order, so whoever came before this request has left it."""
    assert server.get("/")[0] == 200


def test_new_connections_are_refused_while_a_request_of_a_worker_ends(data_dir: Path, postgresql_url: str) -> None:
    variables = {"MODELYARD_DATABASE_URL": postgresql_url, "MODELYARD_WORKERS": "2"}
    with running(REAL, data_dir, **variables) as server:
        assert server.get("/ready")[0] == 200
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        client.putrequest("POST", "/api/v1/models")
        client.putheader("Content-Type", "application/json")
        client.putheader("Content-Length", "17")
        client.putheader("Expect", "100-continue")
        client.endheaders()
        assert client.sock is not None
        assert client.sock.recv(100).startswith(b"HTTP/1.1 100")  # from here on a worker waits for the rest
        client.send(b'{"name": ')

        server.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS / 2
        while not is_refused(server.port):
            assert time.monotonic() < deadline
            time.sleep(0.01)

        client.send(b'"churn"}')
        assert client.getresponse().status == 201
        client.close()
        server.process.communicate(timeout=PATIENCE_SECONDS)
        assert server.process.returncode == 0
