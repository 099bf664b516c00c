"""The server of a pod: with the settings of Kubernetes, as its probes and the ingress controller reach it."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.deploy.files import container, environment_of
from tests.integration.server_process import REAL, ServerProcess, running

CONTAINER = container("modelyard", "server")
PROBES = sorted({one["httpGet"]["path"] for name, one in CONTAINER.items() if name.endswith("Probe")})
OF_PLACE = ("_DATABASE_URL", "_BLOB_STORE_URL", "_HOST")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """On a folder, and on loopback."""
    given = environment_of(CONTAINER)
    variables = {
        name: value for name, value in given.items() if name.startswith("MODELYARD_") and not name.endswith(OF_PLACE)
    }
    with running(REAL, tmp_path_factory.mktemp("pod") / "data", **variables) as server:
        yield server


@pytest.fixture(scope="module")
def token(server: ServerProcess) -> str:
    """As `kubectl logs` shows it."""
    assert server.process.stdout is not None
    found = next(filter(None, (re.search(r"mdy_\S+", line) for line in server.process.stdout)))
    return found[0]


def ask(server: ServerProcess, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{server.url}{path}", headers=headers, trust_env=False, timeout=60)


@pytest.mark.parametrize("path", PROBES)
def test_probes_need_no_token_and_no_name(server: ServerProcess, path: str) -> None:
    """Kubernetes asks for the address of the pod."""
    assert ask(server, path, Host="10.244.0.7:8000").status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/models", "/"])
def test_everything_else_needs_a_token(server: ServerProcess, token: str, path: str) -> None:
    assert ask(server, path, Host="registry.example").status_code == 401
    assert ask(server, path, Host="registry.example", Authorization=f"Bearer {token}").status_code == 200
