"""The registry over HTTP, with a real database and real files: in process, and as a server of its own."""

import dataclasses
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.container import build_context
from modelyard.bootstrap.settings import Settings
from modelyard.presentation.api.app import create_api
from tests.api.access import Guarded, guarded_app
from tests.api.in_process import Contract, client_of, lifespan_of
from tests.api.places import Places, places_in
from tests.conftest import DATABASES
from tests.integration.server_process import REAL, ServerProcess, running
from tests.postgresql_server import Databases
from tests.servers.seaweedfs import S3Bucket

MEMORY = Path("/dev/shm")  # noqa: S108 - each test makes a folder of its own there


@contextmanager
def empty_registry(migrated_file: Path) -> Iterator[Path]:
    """The folder of a registry; in memory where there is some, since a disk takes a second to delete it."""
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        path = Path(folder) / "data"
        path.mkdir()
        shutil.copyfile(migrated_file, path / "registry.db")
        yield path


@pytest.fixture
def data_dir(migrated_file: Path) -> Iterator[Path]:
    """The folder of an empty registry."""
    with empty_registry(migrated_file) as path:
        yield path


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty registry; an empty one for the file in the folder."""
    return str(request.getfixturevalue("postgresql_url")) if request.param == "postgresql" else ""


@pytest.fixture
def settings(data_dir: Path, database_url: str) -> Settings:
    """What a module may replace by settings of its own."""
    return Settings(data_dir=data_dir, database_url=database_url)


@pytest.fixture
def commanded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that are run in this process find the database of the test."""
    monkeypatch.setenv("MODELYARD_DATABASE_URL", settings.database_url)


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[ASGIApp]:
    """The whole application, started."""
    made = create_app(settings)
    async with lifespan_of(made):
        yield made


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """What the OpenAPI document promises; making it takes longer than most tests."""
    context = build_context(Settings(data_dir=tmp_path_factory.mktemp("nothing")))
    return Contract(create_api(context).openapi())


@pytest.fixture
async def api(app: ASGIApp, contract: Contract) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application; `/models` stands for `/api/v1/models`."""
    async with client_of(app, contract) as client:
        yield client


@pytest.fixture(scope="module")
def server(migrated_file: Path) -> Iterator[ServerProcess]:
    """`modelyard serve`, as it is shipped, on a free port; the tests of a module share it."""
    with empty_registry(migrated_file) as path, running(REAL, path) as process:
        yield process


@pytest.fixture
def places(
    tmp_path: Path, migrated_file: Path, postgresql: Databases, migrated_template: str, s3_bucket: S3Bucket
) -> Iterator[Places]:
    """Makes registries on each database and each store."""
    with places_in(tmp_path, migrated_file, postgresql, migrated_template, s3_bucket) as made:
        yield made


@pytest.fixture
async def guarded(settings: Settings, contract: Contract, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Guarded]:
    """A registry that was just started for the first time."""
    with_auth = dataclasses.replace(settings, auth="tokens")
    async with guarded_app(with_auth, contract, lambda: capsys.readouterr().out) as started:
        yield started
