"""Several processes on one PostgreSQL and one socket."""

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.infrastructure.database import migrate
from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, ServerProcess, run_to_end, running

WORKERS = 3


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def server(data_dir: Path, postgresql_url: str) -> Iterator[ServerProcess]:
    variables = {"MODELYARD_DATABASE_URL": postgresql_url, "MODELYARD_WORKERS": str(WORKERS)}
    with running(REAL, data_dir, **variables) as process:
        assert process.get("/ready")[0] == 200
        yield process


def workers_of(server: ServerProcess) -> set[int]:
    pid = server.process.pid
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2]


def wait_until_gone(processes: set[int]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(map(is_there, processes)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def post(server: ServerProcess, path: str, document: object) -> int:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    client.request("POST", path, json.dumps(document), {"Content-Type": "application/json"})
    status = client.getresponse().status
    client.close()
    return status


def test_one_line_is_printed_and_all_share_one_registry(server: ServerProcess) -> None:
    assert len(workers_of(server)) == WORKERS
    assert post(server, "/api/v1/models", {"name": "churn"}) == 201
    for _ in range(4 * WORKERS):  # each on a connection of its own, so on whichever process takes it
        assert server.get("/api/v1/models/churn")[0] == 200
    children = workers_of(server)

    status, errors = server.stop()

    assert (status, "Traceback" in errors) == (0, False), errors
    wait_until_gone(children)


def test_a_worker_that_dies_is_replaced(server: ServerProcess) -> None:
    before = workers_of(server)
    victim = min(before)
    os.kill(victim, signal.SIGKILL)

    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(workers_of(server) - {victim}) < WORKERS:
        assert time.monotonic() < deadline
        time.sleep(0.01)

    assert server.get("/ready")[0] == 200
    status, errors = server.stop(signal.SIGINT)
    assert status == 0
    assert f"worker {victim} ended with -9; another takes its place" in errors


def test_workers_end_when_their_parent_is_killed(server: ServerProcess) -> None:
    children = workers_of(server)

    server.stop(signal.SIGKILL)

    wait_until_gone(children)


def test_two_servers_may_share_one_database_and_folder(
    server: ServerProcess, data_dir: Path, postgresql_url: str
) -> None:
    with running(REAL, data_dir, MODELYARD_DATABASE_URL=postgresql_url) as second:
        assert post(server, "/api/v1/models", {"name": "churn"}) == 201
        assert second.get("/api/v1/models/churn")[0] == 200
        status, errors = run_to_end(REAL, data_dir)  # this one would keep a SQLite there
        assert (status, "in use by another server" in errors) == (1, True)


@pytest.mark.parametrize(("revision", "reason"), [("0001", "is at 0001; this release needs"), ("9999", "newer")])
def test_a_database_of_another_release_is_refused_with_what_to_do(
    data_dir: Path, postgresql_url: str, revision: str, reason: str
) -> None:
    if revision < migrate.HEAD:
        migrate.downgrade(postgresql_url, revision)
    else:
        stamp(postgresql_url, revision)

    status, errors = run_to_end(REAL, data_dir, MODELYARD_DATABASE_URL=postgresql_url)

    assert (status, reason in errors, "Traceback" in errors) == (1, True, False), errors
    assert ("modelyard db upgrade" in errors) == (revision < migrate.HEAD)


def stamp(url: str, revision: str) -> None:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [revision])


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:secret@127.0.0.1:1/registry",
        "postgresql://me:sec%ret@db/registry",
        "postgresql://me:secret@/x?a=b",
    ],
)
@pytest.mark.parametrize(
    "command", [("modelyard", "serve"), ("modelyard", "db", "upgrade"), ("modelyard", "db", "current")]
)
def test_a_database_that_is_not_there_is_said_without_its_password(
    data_dir: Path, address: str, command: tuple[str, ...]
) -> None:
    status, errors = run_to_end(command, data_dir, MODELYARD_DATABASE_URL=address)

    assert (status, "Traceback" in errors) == (1, False), errors
    assert "sec" not in errors.replace("seconds", "")


def test_the_schema_is_upgraded_by_the_command(data_dir: Path, postgresql_url: str) -> None:
    migrate.downgrade(postgresql_url, "base")

    status, errors = run_to_end(("modelyard", "db", "upgrade"), data_dir, MODELYARD_DATABASE_URL=postgresql_url)

    assert (status, errors) == (0, "")
    assert migrate.current(postgresql_url) == migrate.HEAD
    assert not data_dir.exists()


def test_whichever_is_asked_tells_what_all_of_them_have_answered(server: ServerProcess) -> None:
    asked, route = 30, 'http_route="/api/v1/models/{model}"'
    for number in range(asked):  # each over a connection of its own, which any of them may take
        assert server.get(f"/api/v1/models/nobody-{number}")[0] == 404
    [victim, *_] = workers_of(server)
    os.kill(victim, signal.SIGKILL)
    wait_until_gone({victim})
    for _ in range(2 * WORKERS):
        status, _, body = server.get("/metrics")
        assert status == 200
        [line] = [line for line in body.decode().splitlines() if "_count{" in line and route in line]
        assert line.endswith(f" {asked}.0"), line
        assert b"modelyard_build_info" in body


def test_nothing_that_they_counted_with_is_left_behind(data_dir: Path, postgresql_url: str, tmp_path: Path) -> None:
    counting = tmp_path / "counting"
    counting.mkdir()
    variables = {"MODELYARD_DATABASE_URL": postgresql_url, "MODELYARD_WORKERS": "2", "TMPDIR": str(counting)}
    with running(REAL, data_dir, **variables) as process:
        assert process.get("/metrics")[0] == 200
        assert [*counting.iterdir()] != []
        assert process.stop()[0] == 0
    assert [*counting.iterdir()] == []
