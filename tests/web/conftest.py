"""The pages as a browser gets them, in process; no database or store makes a difference to them."""

import dataclasses
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.container import build_context
from modelyard.bootstrap.settings import Settings
from modelyard.presentation.api.app import create_api
from tests.api.access import Guarded, guarded_app
from tests.api.conftest import empty_registry
from tests.api.in_process import Contract, client_of, lifespan_of
from tests.web.pages import browser_of
from tests.web.scene import set_scene


@pytest.fixture
def data_dir(migrated_file: Path) -> Iterator[Path]:
    with empty_registry(migrated_file) as path:
        yield path


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """What a test may replace by settings of its own."""
    return Settings(data_dir=data_dir)


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[ASGIApp]:
    made = create_app(settings)
    async with lifespan_of(made):
        yield made


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    context = build_context(Settings(data_dir=tmp_path_factory.mktemp("nothing")))
    return Contract(create_api(context).openapi())


@pytest.fixture
async def api(app: ASGIApp, contract: Contract) -> AsyncIterator[httpx.AsyncClient]:
    """Where tests get their models from."""
    async with client_of(app, contract) as client:
        yield client


@pytest.fixture
async def browser(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(app) as client:
        yield client


@pytest.fixture
async def guarded(data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Guarded]:
    """A registry that asks who calls."""
    settings = dataclasses.replace(Settings(data_dir=data_dir), auth="tokens")
    async with guarded_app(settings, contract, lambda: capsys.readouterr().out) as started:
        yield started


@pytest.fixture
async def scene(api: httpx.AsyncClient) -> None:
    """Something has happened in the registry."""
    await set_scene(api)
