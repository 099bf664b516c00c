"""A browser on a registry in which something has happened."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.api.conftest import empty_registry
from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, running
from tests.web.browser.visitor import Visitor
from tests.web.scene import set_scene

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def executable() -> str:
    """A browser of this machine: without one these tests are skipped, but for a run that has to prove them."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        reason = f"there is no browser: none of {', '.join(NAMES)} is on the PATH (tools/install_browser.sh brings one)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def chromium(executable: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def registry(migrated_file: Path) -> Iterator[str]:
    """The address of a server with the scene; the tests of a module share it."""

    async def fill(url: str) -> None:
        headers = {"X-Modelyard-Actor": "ana"}
        async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=PATIENCE_SECONDS) as api:
            await set_scene(api)

    with empty_registry(migrated_file) as path, running(REAL, path) as process:
        with ThreadPoolExecutor(1) as beside:  # Playwright has a loop in this thread already
            beside.submit(lambda: asyncio.run(fill(process.url))).result()
        yield process.url


@pytest.fixture
def page(chromium: Browser, registry: str) -> Iterator[Page]:
    """A page of a visitor who comes for the first time."""
    context = chromium.new_context(base_url=registry)
    yield context.new_page()
    context.close()


@pytest.fixture
def visitor(page: Page) -> Iterator[Visitor]:
    """The same, and afterwards nothing was wrong on any page."""
    watching = Visitor(page)
    yield watching
    assert watching.faults == []
