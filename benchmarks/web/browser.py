"""What a browser that comes for the first time sends for, and when it first shows something."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, sync_playwright

from benchmarks.servers import CannotServe

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHARTS = "plotly.min.js"
"""Fetched once for all pages that have charts, when one comes into view; told apart, as it is larger than all else."""

_SETTLED_MS = 1_500
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


@dataclass(slots=True)
class Visit:
    """What came of one."""

    requests: int = 0
    bytes: int = 0
    chart_bytes: int = 0
    paint_ms: float = 0.0
    addresses: dict[str, str] = field(default_factory=dict, repr=False)

    def finished(self, address: str, size: int) -> None:
        """Count an answer, by what was transferred."""
        if address.endswith(CHARTS):
            self.chart_bytes += size
            return
        self.requests += 1
        self.bytes += size


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of this machine.

    Raises:
        CannotServe: there is none.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise CannotServe(f"there is no browser: none of {', '.join(BROWSERS)} is on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def visit(browser: Browser, url: str) -> Visit:
    """Open a page with nothing kept from before.

    Raises:
        CannotServe: it is not there, or nothing was shown.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    try:
        page, made = context.new_page(), Visit()
        session = context.new_cdp_session(page)
        session.on(
            "Network.requestWillBeSent", lambda it: made.addresses.update({it["requestId"]: it["request"]["url"]})
        )
        session.on(
            "Network.loadingFinished",
            lambda it: made.finished(made.addresses.get(it["requestId"], ""), int(it["encodedDataLength"])),
        )
        session.send("Network.enable")
        answer = page.goto(url)
        page.wait_for_timeout(_SETTLED_MS)
        painted = page.evaluate(_PAINT)
        if answer is None or not answer.ok or painted is None:
            raise CannotServe(f"{url} was not shown")
        made.paint_ms = float(painted)
        return made
    finally:
        context.close()
