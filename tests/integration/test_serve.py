import http.client
import signal
import socket
from pathlib import Path

import pytest

from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, STAND_IN, ServerProcess, run_to_end, running

SIGNALS = [signal.SIGTERM, signal.SIGINT]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def begin(server: ServerProcess, path: str) -> http.client.HTTPConnection:
    """A request that the application works on, without an answer yet."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    client.request("GET", path)
    assert server.process.stdout is not None
    assert server.process.stdout.readline() == f"{path} began\n"
    return client


def test_one_line_says_where_it_listens_and_where_the_data_is(data_dir: Path) -> None:
    with running(STAND_IN, data_dir) as server:
        assert str(data_dir) in server.announcement
        assert "no authentication" in server.announcement
        assert server.port > 0
        assert server.get("/")[2] == b"/ "


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_lets_running_requests_end(data_dir: Path, number: signal.Signals) -> None:
    with running(STAND_IN, data_dir) as server:
        client = begin(server, "/late")
        server.process.send_signal(number)
        assert client.getresponse().read() == b"/late "
        client.close()
        output, errors = server.process.communicate(timeout=PATIENCE_SECONDS)
        assert "the lifespan ended" in output
        assert "Traceback" not in errors
        assert server.process.returncode == 0


def test_a_request_that_does_not_end_is_cancelled_after_the_shutdown_timeout(data_dir: Path) -> None:
    with running(STAND_IN, data_dir, MODELYARD_SHUTDOWN_TIMEOUT_SECONDS="1") as server:
        client = begin(server, "/never")
        server.process.send_signal(signal.SIGTERM)
        output, _ = server.process.communicate(timeout=PATIENCE_SECONDS)
        client.close()
        assert "the lifespan ended" in output
        assert server.process.returncode == 0


def test_a_slow_head_does_not_delay_the_end(data_dir: Path) -> None:
    with running(STAND_IN, data_dir) as server:
        assert server.get("/")[0] == 200
        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            slow.send(b"GET / HT")
            assert server.stop()[0] == 0


def test_a_second_server_on_the_same_data_is_refused(data_dir: Path) -> None:
    with running(STAND_IN, data_dir) as server:
        status, errors = run_to_end(STAND_IN, data_dir)
        assert status == 1
        assert f"in use by another server or command (process {server.process.pid})" in errors
        assert "Traceback" not in errors


def test_a_killed_server_leaves_no_lock_behind(data_dir: Path) -> None:
    with running(STAND_IN, data_dir) as server:
        server.stop(signal.SIGKILL)
    with running(STAND_IN, data_dir) as server:
        assert server.get("/")[0] == 200


def test_a_port_in_use_is_refused(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        status, errors = run_to_end(STAND_IN, data_dir, MODELYARD_PORT=port)
    assert status == 1
    assert f"Cannot listen on 127.0.0.1 port {port}: another program uses the port" in errors
    assert "Traceback" not in errors


def test_an_application_that_does_not_start_is_a_failure(data_dir: Path) -> None:
    status, errors = run_to_end(STAND_IN, data_dir, STAND_IN="broken")
    assert status == 1
    assert "the stand-in is broken" in errors
    assert errors.splitlines()[-1].startswith("modelyard: The application could not start")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--host", "0.0.0.0"), "MODELYARD_AUTH=tokens"),  # noqa: S104
        (("--host", "registry.example"), "MODELYARD_AUTH=tokens"),
        (("--workers", "2"), "SQLite is served by one process"),
        (("--port", "70000"), "a whole number from 0 to 65535"),
        (("--prot", "0"), "No such option"),
    ],
)
def test_a_wrong_option_ends_with_2_and_a_reason(data_dir: Path, arguments: tuple[str, ...], reason: str) -> None:
    status, errors = run_to_end((*REAL, *arguments), data_dir)
    assert status == 2
    assert reason in errors
    assert "Traceback" not in errors
    assert not data_dir.exists()


def test_settings_may_stand_in_a_file_beside_the_data(data_dir: Path) -> None:
    (data_dir.parent / ".env").write_text("MODELYARD_LOG_LEVEL=loud\n")
    status, errors = run_to_end(REAL, data_dir)
    assert status == 2
    assert "MODELYARD_LOG_LEVEL='loud' is not allowed; expected debug, info, warning, error or critical." in errors


def test_the_real_application_serves_and_stops(data_dir: Path) -> None:
    with running(REAL, data_dir) as server:
        status, headers, _ = server.get("/health")
        assert status == 200
        assert headers["X-Request-Id"]
        status, errors = server.stop()
        assert (status, "Traceback" in errors) == (0, False), errors


def test_the_real_application_names_every_request(data_dir: Path) -> None:
    with running(REAL, data_dir) as server:
        status, headers, _ = server.get("/nowhere", **{"X-Request-Id": "caller-1"})
        assert status == 404
        assert headers["X-Request-Id"] == "caller-1"


def test_the_real_application_answers_a_slow_body_with_408(data_dir: Path) -> None:
    with (
        running(REAL, data_dir, MODELYARD_BODY_IDLE_TIMEOUT_SECONDS="0.5") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as slow,
    ):
        lines = (
            b"POST /api/v1/models HTTP/1.1",
            b"Host: localhost",
            b"Content-Type: application/json",
            b"Content-Length: 99",
        )
        slow.sendall(b"\r\n".join([*lines, b"", b'{"name": ']))
        assert slow.makefile("rb").readline().split()[1] == b"408"


def test_the_database_is_not_upgraded_below_a_running_server(data_dir: Path) -> None:
    with running(REAL, data_dir):
        status, errors = run_to_end(("modelyard", "db", "upgrade"), data_dir)
        assert status == 1
        assert "in use by another server or command" in errors


def test_a_start_that_fails_tells_no_token_and_the_next_one_does(data_dir: Path) -> None:
    """It is told once; whoever starts a server anew that failed may never see what the first try told."""
    data_dir.mkdir()
    in_the_place_of_the_store = data_dir / "blobs"
    in_the_place_of_the_store.touch()
    with running(REAL, data_dir, MODELYARD_AUTH="tokens") as failing:
        told, _ = failing.process.communicate(timeout=PATIENCE_SECONDS)
        assert (failing.process.returncode, "mdy_" in told) == (1, False)
    in_the_place_of_the_store.unlink()
    with running(REAL, data_dir, MODELYARD_AUTH="tokens") as server:
        assert server.process.stdout is not None
        assert any("mdy_" in line for line in server.process.stdout)
