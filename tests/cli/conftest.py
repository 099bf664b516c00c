"""One server for all tests of a process; each test has a model of its own there. And one that asks who calls."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from modelyard.client.connection import connect
from modelyard.client.registry import Registry
from modelyard.client.transfer.local_file import local_file
from modelyard.client.transfer.sending import send
from tests.cli.program import PATIENCE_SECONDS, Inside, Program
from tests.integration.server_process import REAL, running
from tests.servers.openid import LyingProvider, lying_provider

JOB = "repo:acme/fraud:ref:refs/heads/main"


@pytest.fixture(scope="session")
def registry_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("registry") / "data"
    webhooks = {"MODELYARD_WEBHOOK_ALLOW_HTTP": "true", "MODELYARD_WEBHOOK_NETWORKS": "127.0.0.0/8"}
    with running(REAL, data_dir, **webhooks) as server:
        yield server.url


@pytest.fixture
def cli(tmp_path: Path, registry_url: str) -> Program:
    return Program(folder=tmp_path, variables={"MODELYARD_URL": registry_url, "MODELYARD_ACTOR": "ana"})


@pytest.fixture
def inside(tmp_path: Path, registry_url: str) -> Inside:
    own = {"MODELYARD_CONFIG": str(tmp_path / "profiles.json"), "COLUMNS": "200"}
    return Inside(variables={"MODELYARD_URL": registry_url, "MODELYARD_ACTOR": "ana", **own})


@pytest.fixture
def registry(registry_url: str) -> Iterator[Registry]:
    with connect(registry_url, actor="ben") as registry:
        yield registry


@pytest.fixture(scope="module")
def liar() -> Iterator[LyingProvider]:
    with lying_provider() as served:
        served.claims["sub"] = JOB
        yield served


@pytest.fixture(scope="module")
def administrator(tmp_path_factory: pytest.TempPathFactory, liar: LyingProvider) -> Iterator[httpx.Client]:
    """The administrator of a registry that asks who calls, and trusts an issuer."""
    data_dir = tmp_path_factory.mktemp("guarded") / "data"
    asking = {"MODELYARD_AUTH": "tokens", "MODELYARD_WORKLOAD_ISSUERS": liar.address}
    with running(REAL, data_dir, **asking) as server:
        headers = {"Authorization": f"Bearer {server.first_token()}"}
        with httpx.Client(base_url=server.url, headers=headers, timeout=PATIENCE_SECONDS) as client:
            yield client


def url_of(administrator: httpx.Client) -> str:
    return str(administrator.base_url).rstrip("/")


def register(registry: Registry, model: str, folder: Path, content: str, **more: object) -> int:
    """The number of a new version that has one file, with this content."""
    source = folder / "weights.bin"
    source.write_text(content)
    file = local_file(source, "weights.bin")
    send(registry.transport, [file])
    place = f"/models/{model}/versions"
    made = registry.transport.post(place, {"files": [file.entry], **more}, {"create_model": True})
    return int(made["number"])


@pytest.fixture
def churn(registry: Registry, tmp_path: Path) -> str:
    """A model with three versions: 1 in production, 2 in staging with the alias `next`, 3 a draft with a card."""
    name = f"churn-{secrets.token_hex(4)}"
    for number in (1, 2, 3):
        more = {"params": {"depth": number}, "tags": {"team": "risk"}, "card": "# Churn" if number == 3 else ""}
        framework = {"framework": {"name": "scikit-learn", "version": "1.9.1"}}
        assert register(registry, name, tmp_path, str(number), **more, **framework) == number
    model = registry.model(name)
    model.promote(1, "staging")
    model.promote(1, "production", reason="the first")
    model.promote(2, "staging")
    model.set_alias("next", 2)
    for number, value in ((1, 0.9), (2, 0.95), (3, 0.92)):
        model.log_metrics(number, {"auc@holdout": value})
    return name
