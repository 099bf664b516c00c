"""A registry for flavours: the one that `FLAVOURS_URL` names, or a process of our own.

The tests of heavy frameworks run in environments without the server, each in its own (`make test-flavours`), so nothing
of the server is imported unless it has to be started here.
"""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import modelyard


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if given := os.environ.get("FLAVOURS_URL"):
        yield given
        return
    from tests.integration.server_process import REAL, running  # noqa: PLC0415 # it imports the server

    with running(REAL, tmp_path_factory.mktemp("registry") / "data") as server:
        yield server.url


@pytest.fixture
def registry(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[modelyard.Registry]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with modelyard.connect(url) as registry:
        yield registry


@pytest.fixture
def name() -> str:
    """A model that no other test knows."""
    return f"model-{uuid.uuid4().hex[:12]}"
