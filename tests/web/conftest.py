"""The pages as a browser gets them, in process; no database or store makes a difference to them."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from modelyard.bootstrap.settings import Settings
from tests.api.access import Guarded, guarded_app
from tests.api.conftest import api, app, contract, data_dir
from tests.api.in_process import Contract
from tests.web.pages import browser_of
from tests.web.scene import set_scene

__all__ = ["api", "app", "contract", "data_dir"]


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """What a test may replace by settings of its own."""
    return Settings(data_dir=data_dir)


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
