"""A server that is told to end loses no request: what it has let in it answers, and what it has not it refuses."""

import contextlib
import http.client
import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from modelyard.bootstrap.ending import close_door
from tests.integration.live_server import PATIENCE_SECONDS, Connection, post
from tests.integration.server_process import REAL, STAND_IN, ServerProcess, running
from tests.integration.test_workers import workers_of

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


def serving(data_dir: Path, postgresql_url: str, workers: int) -> AbstractContextManager[ServerProcess]:
    if workers == 1:
        return running(STAND_IN, data_dir)
    variables = {"MODELYARD_DATABASE_URL": postgresql_url, "MODELYARD_WORKERS": str(workers)}
    return running(STAND_IN, data_dir, **variables)


@pytest.mark.parametrize("workers", [1, 2])
def test_who_waits_is_served_before_the_end_and_who_comes_then_is_refused(
    data_dir: Path, postgresql_url: str, workers: int
) -> None:
    with serving(data_dir, postgresql_url, workers) as server, ThreadPoolExecutor(1) as pool:
        assert server.get("/")[0] == 200
        late: Future[bool] | None = None
        serving_processes = {server.process.pid} if workers == 1 else workers_of(server)
        with contextlib.ExitStack() as still:
            for process in serving_processes:
                still.enter_context(standing_still(process))
            clients = [Connection(server.port) for _ in range(CLIENTS)]
            for client in clients:
                client.send(post("/waiting", b"body"))
            server.process.send_signal(signal.SIGTERM)
            if workers > 1:
                while holds(server.process.pid, server.port):
                    time.sleep(0.005)
                late = pool.submit(is_refused, server.port)
                with pytest.raises(TimeoutError):
                    late.result(timeout=0.2)  # no longer let in, and not yet refused
        answers = [client.answer() for client in clients]
        for client in clients:
            client.close()
        assert {(answer.status, answer.body) for answer in answers} == {(200, b"/waiting body")}
        assert late is None or late.result(timeout=PATIENCE_SECONDS)
        server.process.communicate(timeout=PATIENCE_SECONDS)
        assert server.process.returncode == 0


def holds(process: int, port: int) -> bool:
    """Whether the process has the listening socket open."""
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {fields[9] for fields in listening if fields[1].endswith(f":{port:04X}") and fields[3] == "0A"}
    names = [str(name.readlink()) for name in Path(f"/proc/{process}/fd").iterdir()]
    return any(f"socket:[{inode}]" in names for inode in inodes)


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


def test_where_the_kernel_lets_no_filter_be_attached_the_end_goes_on_without() -> None:
    so_lock_filter = 44
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, so_lock_filter, 1)
        close_door(listener)
        socket.create_connection(listener.getsockname(), timeout=PATIENCE_SECONDS).close()
