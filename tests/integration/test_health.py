"""The command that health checks of containers run, against a real server."""

import socket
from pathlib import Path

from tests.integration.server_process import REAL, ServerProcess, run_to_end, running

HEALTH = ("modelyard", "health")


def ask(server: ServerProcess, *options: str) -> tuple[int, str]:
    return run_to_end((*HEALTH, *options), Path("unused"), MODELYARD_PORT=str(server.port))


def test_a_server_that_runs_is_alive_and_ready(tmp_path: Path) -> None:
    with running(REAL, tmp_path / "data") as server:
        assert server.get("/health")[0] == 200  # it has started by now
        assert ask(server) == (0, "")
        assert ask(server, "--ready") == (0, "")


def test_a_server_that_listens_on_all_addresses_is_asked_on_this_machine(tmp_path: Path) -> None:
    everywhere = {"MODELYARD_AUTH": "tokens", "MODELYARD_HOST": "0.0.0.0"}  # noqa: S104  # as in a container
    with running(REAL, tmp_path / "data", **everywhere) as server:
        assert server.get("/health")[0] == 200  # it has started by now
        where = {**everywhere, "MODELYARD_PORT": str(server.port)}
        assert run_to_end(HEALTH, Path("unused"), **where) == (0, "")


def test_the_command_touches_no_data_folder(tmp_path: Path) -> None:
    with running(REAL, tmp_path / "data") as server:
        run_to_end(HEALTH, tmp_path / "other", MODELYARD_PORT=str(server.port))
    assert not (tmp_path / "other").exists()


def test_a_server_that_lost_its_store_is_alive_and_not_ready(tmp_path: Path) -> None:
    with running(REAL, tmp_path / "data") as server:
        assert server.get("/ready")[0] == 200
        (tmp_path / "data" / "blobs").rename(tmp_path / "elsewhere")
        assert ask(server) == (0, "")
        status, errors = ask(server, "--ready")
    assert status == 1
    assert "answers /ready with 503: {" in errors


def test_where_nothing_listens_the_command_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    status, errors = run_to_end(HEALTH, tmp_path / "data", MODELYARD_PORT=str(port))
    assert status == 1
    assert errors.startswith(f"modelyard: The server on 127.0.0.1 port {port} does not answer: ")


def test_what_is_no_http_server_is_not_alive(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # The kernel takes the connection, and nobody answers it.
        status, errors = run_to_end(HEALTH, tmp_path / "data", MODELYARD_PORT=str(listener.getsockname()[1]))
    assert (status, "does not answer: timed out" in errors) == (1, True), errors


def test_a_port_that_the_server_chose_by_itself_cannot_be_asked(tmp_path: Path) -> None:
    status, errors = run_to_end(HEALTH, tmp_path / "data", MODELYARD_PORT="0")
    assert (status, "MODELYARD_PORT='0' is not allowed" in errors) == (2, True), errors
