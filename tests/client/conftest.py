"""A registry as a process of its own, a cache that is the test's own, and a proxy between the two."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.client.cache.locks import USES
from modelyard.client.registry import Registry
from modelyard.client.server import Server
from modelyard.client.transport import Patience, Transport
from tests.client.proxied import ProxyThread, proxying
from tests.integration.server_process import REAL, ServerProcess, running

HASTY = Patience(
    connect_seconds=5, read_seconds=5, deadline_seconds=10, first_pause_seconds=0.02, longest_pause_seconds=0.2
)
"""Gives up after ten seconds without a byte: long enough for a disk that many others use."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running(REAL, tmp_path_factory.mktemp("registry") / "data") as server:
        assert server.get("/ready")[0] == 200  # it is announced when it listens, a while before
        yield server


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache; nothing of it is in use any more when the test ends."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("MODELYARD_CACHE", str(folder))
    for name in ("MODELYARD_OFFLINE", "MODELYARD_CACHE_MAX_BYTES", "MODELYARD_URL", "MODELYARD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield folder
    USES.release_all()


@pytest.fixture
def registry(server: ServerProcess) -> Iterator[Registry]:
    with Registry(Transport(Server(url=server.url, actor="ana"))) as registry:
        yield registry


@pytest.fixture
def proxy(server: ServerProcess) -> Iterator[ProxyThread]:
    with proxying(server.url) as proxy:
        yield proxy


@pytest.fixture
def hasty(proxy: ProxyThread) -> Iterator[Registry]:
    """The registry by way of the proxy, for someone with little patience."""
    with Registry(Transport(Server(url=proxy.url, actor="ana"), HASTY)) as registry:
        yield registry
