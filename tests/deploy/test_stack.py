"""Database, store, two servers and nginx as `deploy/compose` runs them, from the door's TLS to a backup."""

import contextlib
import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deploy.door import add_user, make_certificate, nginx, program
from tests.deploy.files import DEPLOY, GIVEN, stage
from tests.deploy.stack import SERVERS, SERVICES, Stack, health_of, places, weed
from tests.postgresql_server import Databases

NAME = GIVEN["DOOR_NAME"]
CONTENT = b"weights"


@pytest.fixture(scope="module")
def unmigrated(postgresql: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An empty database and the store."""
    program("nginx")
    folder = tmp_path_factory.mktemp("stack")
    with postgresql.database() as url:
        stack = Stack(folder=folder, here=places(folder, url))
        try:
            stack.start("seaweedfs", weed(stack), stack.placed(health_of("seaweedfs")))
            yield stack
        finally:
            stack.end()


@pytest.fixture(scope="module")
def stack(unmigrated: Stack) -> Iterator[Stack]:
    """All of it. That a server refuses the empty database is seen on the way."""
    refused = unmigrated.run("server-1")
    assert (refused.returncode, "modelyard db upgrade" in refused.stderr) == (1, True), refused.stderr
    migrated = unmigrated.run("migration")
    assert migrated.returncode == 0, migrated.stderr
    for name in SERVERS:
        unmigrated.serve(name)
    with door_of(unmigrated):
        yield unmigrated


@contextlib.contextmanager
def door_of(stack: Stack) -> Iterator[None]:
    folder = stack.folder / "proxy"
    (folder / "door").mkdir(parents=True)
    make_certificate(folder / "door", NAME)
    (folder / "password").write_text(add_user(folder / "door", "alice"), encoding="utf-8")
    templates = {
        Path(mount["target"]).name.removesuffix(".conf.template"): DEPLOY / "compose" / mount["source"]
        for mount in SERVICES["proxy"]["volumes"]
        if mount["target"].startswith("/etc/nginx/templates/")
    }
    assert set(templates) == {"door", "tls", "registry"}
    with nginx(folder, templates, stack.variables("proxy"), int(stack.placed("8443"))):
        yield


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    """Alice, who trusts the door's certificate and nothing else."""
    folder = stack.folder / "proxy"
    with httpx.Client(
        base_url=f"https://127.0.0.1:{stack.placed('8443')}/api/v1",
        auth=("alice", (folder / "password").read_text(encoding="utf-8")),
        headers={"Host": NAME},
        verify=ssl.create_default_context(cafile=str(folder / "door" / "server.crt")),
        trust_env=False,
        timeout=60,
    ) as client:
        yield client


def ask(client: httpx.Client, method: str, path: str, body: object = None) -> httpx.Response:
    request = client.build_request(method, path, json=body, extensions={"sni_hostname": NAME})
    return client.send(request)


def upload(client: httpx.Client, model: str) -> httpx.Response:
    address = f"/models/{model}/versions?create_model=true"
    return client.send(
        client.build_request("POST", address, files={"file": ("model.bin", CONTENT)}, extensions={"sni_hostname": NAME})
    )


def test_a_version_goes_in_by_the_door_and_every_server_has_it(stack: Stack, client: httpx.Client) -> None:
    made = upload(client, "churn")
    assert made.status_code == 201, made.text
    for name in SERVERS:
        address = f"{stack.url_of(name)}/api/v1/models/churn/versions/1/files/model.bin"
        assert httpx.get(address, trust_env=False, timeout=60).content == CONTENT
    events = ask(client, "GET", "/models/churn/events").json()["items"]
    assert {event["actor"] for event in events} == {"alice"}


def test_the_door_asks_for_a_password_and_speaks_nothing_but_tls(stack: Stack, client: httpx.Client) -> None:
    client.auth = ("alice", "guess")
    assert ask(client, "GET", "/models").status_code == 401
    plain = httpx.get(
        f"http://127.0.0.1:{stack.placed('8443')}/api/v1/models", headers={"Host": NAME}, trust_env=False, timeout=60
    )
    assert plain.status_code == 400


def test_the_health_checks_find_everything_well(stack: Stack) -> None:
    assert httpx.get(stack.placed(health_of("proxy")), trust_env=False, timeout=60).status_code == 200
    _, health, *options = json.loads(dict(stage("runtime"))["HEALTHCHECK"].partition(" CMD ")[2])
    for name in SERVERS:
        outcome = stack.run(name, [health, *options])
        assert (outcome.returncode, outcome.stdout) == (0, "alive\n"), outcome.stderr


def test_servers_leave_nothing_in_their_folder_but_a_lock(stack: Stack, client: httpx.Client) -> None:
    assert upload(client, "folders").status_code == 201
    for name in SERVERS:
        assert sum(path.stat().st_size for path in stack.data_of(name).rglob("*") if path.is_file()) < 4096
        assert not (stack.data_of(name) / "blobs").exists()
    assert not stack.data_of("migration").exists()


def test_a_server_may_be_replaced_while_requests_come(stack: Stack, client: httpx.Client) -> None:
    assert upload(client, "steady").status_code == 201
    assert stack.stop("server-1") == 0
    assert [ask(client, "GET", "/models/steady").status_code for _ in range(10)] == [200] * 10
    stack.serve("server-1")
    assert [ask(client, "GET", "/models/steady").status_code for _ in range(10)] == [200] * 10


def test_a_backup_holds_it_all(stack: Stack, client: httpx.Client) -> None:
    (stack.folder / "backup").mkdir()
    assert upload(client, "kept").status_code == 201
    outcome = stack.run("backup")
    assert outcome.returncode == 0, outcome.stderr
    blobs = [
        path.read_bytes() for path in (stack.folder / "backup" / "registry" / "blobs").rglob("*") if path.is_file()
    ]
    assert CONTENT in blobs
