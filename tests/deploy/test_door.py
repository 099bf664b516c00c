"""The door of a pod: nginx with the files and variables of Kubernetes, in front of a real server."""

import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.deploy.door import add_user, nginx, program
from tests.deploy.files import DEPLOY, container, environment_of, kustomizations
from tests.integration.server_process import REAL, running
from tests.servers.seaweedfs import free_ports

NAME = environment_of(container("modelyard", "door")).get("DOOR_NAME", "")
PROBES = sorted({
    one["httpGet"]["path"] for name, one in container("modelyard", "server").items() if name.endswith("Probe")
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    url: str
    probes: str
    server: str
    password: str
    folder: Path

    def ask(self, method: str, path: str, *, body: object = None, **headers: str) -> httpx.Response:
        """As alice, with her password."""
        auth = ("alice", self.password)
        given = {"Host": NAME, **headers}
        return httpx.request(
            method, f"{self.url}{path}", json=body, headers=given, auth=auth, trust_env=False, timeout=60
        )


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    (folder / "door").mkdir()
    program("nginx")
    program("openssl")
    password = add_user(folder / "door", "alice")
    listen, probes = free_ports(2)
    files = kustomizations()["nginx"]["configMapGenerator"][0]["files"]
    templates = {name.removesuffix(".conf.template"): DEPLOY / "nginx" / name for name in files}
    with running(REAL, folder / "data") as server:
        variables = {
            **environment_of(container("modelyard", "door")),
            "DOOR_LISTEN": f"127.0.0.1:{listen}",
            "PROBES_LISTEN": f"127.0.0.1:{probes}",
            "REGISTRY": f"127.0.0.1:{server.port}",
        }
        with nginx(folder, templates, variables, listen):
            ports = {"url": listen, "probes": probes, "server": server.port}
            yield Door(
                **{name: f"http://127.0.0.1:{port}" for name, port in ports.items()},
                password=password,
                folder=folder / "door",
            )


@pytest.mark.parametrize("auth", [None, ("alice", "guess"), ("mallory", ""), ("", "")])
def test_nobody_comes_in_without_a_password(door: Door, auth: tuple[str, str] | None) -> None:
    for path in ("/api/v1/models", "/docs", "/health", "/api/%2e%2e/health", "//health"):
        answer = httpx.get(f"{door.url}{path}", headers={"Host": NAME}, auth=auth, trust_env=False, timeout=60)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Basic ")


def test_a_user_who_is_added_may_come_in_at_once_and_one_who_is_removed_no_more(door: Door) -> None:
    auth = ("bob", add_user(door.folder, "bob"))
    assert (
        httpx.get(f"{door.url}/health", headers={"Host": NAME}, auth=auth, trust_env=False, timeout=60).status_code
        == 200
    )
    users = door.folder / "htpasswd"
    others = [line for line in users.read_text(encoding="utf-8").splitlines() if not line.startswith("bob:")]
    users.write_text("\n".join(others) + "\n", encoding="utf-8")
    assert (
        httpx.get(f"{door.url}/health", headers={"Host": NAME}, auth=auth, trust_env=False, timeout=60).status_code
        == 401
    )


def test_the_history_names_who_came_in_whatever_they_say_of_themselves(door: Door) -> None:
    made = door.ask("POST", "/api/v1/models", body={"name": "churn"}, **{"X-Modelyard-Actor": "boss"})
    assert made.status_code == 201, made.text
    (event,) = door.ask("GET", "/api/v1/models/churn/events").json()["items"]
    assert event["actor"] == "alice"


def test_another_name_than_the_registrys_leads_nowhere(door: Door) -> None:
    assert door.ask("GET", "/api/v1/models", Host="127.0.0.1").status_code == 421
    assert door.ask("GET", "/api/v1/models", Host="elsewhere.test").status_code == 421
    assert httpx.get(f"{door.url}/health", trust_env=False, timeout=60).status_code == 421


def test_a_page_of_another_site_changes_nothing(door: Door) -> None:
    answer = door.ask("DELETE", "/api/v1/models/churn", **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:modelyard:error:foreign-origin"


@pytest.mark.parametrize("path", PROBES)
def test_probes_need_no_password_and_get_the_servers_answer(door: Door, path: str) -> None:
    answer, own = (httpx.get(f"{url}{path}", trust_env=False, timeout=60) for url in (door.probes, door.server))
    assert (answer.status_code, answer.json()) == (200, own.json())


@pytest.mark.parametrize("path", ["/api/v1/models", "/docs", "/", "/health/", "/healthy", "/ready/../docs", "//docs"])
def test_probes_lead_to_nothing_else(door: Door, path: str) -> None:
    assert httpx.get(f"{door.probes}{path}", trust_env=False, timeout=60).status_code == 404


def test_files_pass_whatever_their_size(door: Door) -> None:
    content = b"m" * (3 * 1024**2)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    answer = httpx.put(
        f"{door.url}/api/v1/blobs/{digest}",
        content=content,
        headers={"Host": NAME},
        auth=("alice", door.password),
        trust_env=False,
        timeout=60,
    )
    assert answer.status_code == 201, answer.text


def test_a_user_gets_a_new_password_and_others_keep_theirs(tmp_path: Path) -> None:
    program("openssl")
    passwords = [add_user(tmp_path, name) for name in ("alice", "bob", "alice")]
    lines = (tmp_path / "htpasswd").read_text(encoding="utf-8").splitlines()
    assert [line.partition(":")[0] for line in lines] == ["bob", "alice"]
    assert len(set(passwords)) == 3
    assert [password for password in passwords if len(password) != 48 or password in "".join(lines)] == []


@pytest.mark.parametrize("name", ["", "a:b", "a b", "a\nb"])
def test_a_name_that_would_break_the_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        add_user(tmp_path, name)
    assert caught.value.returncode == 2
    assert list(tmp_path.iterdir()) == []
