"""`modelyard db admin-token`: a way in for operators whom nobody lets in any more."""

import json
import subprocess
import sys
from pathlib import Path

import httpx

from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, environment, run_to_end, running

COMMAND = ("modelyard", "db", "admin-token")
GUARDED = {"MODELYARD_AUTH": "tokens"}
API = "/api/v1"


def token_of(data_dir: Path) -> str:
    ended = subprocess.run(
        (sys.executable, "-m", *COMMAND),
        cwd=data_dir.parent,
        env=environment(data_dir, {}),
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    [token] = ended.stdout.split()
    assert token not in ended.stderr
    return token


def asked(url: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=url + API, headers=headers, timeout=PATIENCE_SECONDS)


def test_whoever_has_the_database_gets_in_again(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running(REAL, data_dir, **GUARDED) as server:
        with asked(server.url, server.first_token()) as admin:
            assert admin.post("/accounts", json={"name": "ana"}).status_code == 201
            grant = {"subject": "account:ana", "models": "*", "role": "admin"}
            assert admin.post("/grants", json=grant).status_code == 201
            assert admin.patch("/accounts/admin", json={"active": False}).status_code == 200
        status, errors = run_to_end(COMMAND, data_dir)
        assert (status, "is in use by another server" in errors) == (1, True), errors
    token = token_of(data_dir)
    with running(REAL, data_dir, **GUARDED) as server, asked(server.url, token) as admin:
        assert admin.get("/me").json()["roles"] == [{"models": "*", "role": "admin"}]
        told = admin.get("/events?limit=500").json()["items"]
        by_operator = [event["action"] for event in told if event["actor"] == "modelyard"]
        assert by_operator[:2] == ["token.created", "account.updated"]
        assert token not in json.dumps(told)


def test_a_first_start_after_it_tells_no_token(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    assert run_to_end(("modelyard", "db", "upgrade"), data_dir)[0] == 0
    token = token_of(data_dir)
    with running(REAL, data_dir, **GUARDED) as server:
        with asked(server.url, token) as admin:
            assert [one["name"] for one in admin.get("/tokens").json()["items"]] == ["recovery"]
        server.process.terminate()
        output, errors = server.process.communicate(timeout=PATIENCE_SECONDS)
    assert "mdy_" not in output + errors


def test_where_there_is_no_registry_none_is_made(tmp_path: Path) -> None:
    status, errors = run_to_end(COMMAND, tmp_path / "nothing")
    assert (status, "There is no registry in" in errors) == (1, True), errors
    assert not (tmp_path / "nothing").exists()
