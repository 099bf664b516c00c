"""A browser that takes pictures."""

import base64
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from demo.failure import DemoFailed

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZES: Mapping[str, tuple[int, int]] = {"desktop": (1280, 860), "phone": (390, 844)}
SCHEMES = ("light", "dark")
LONGEST = 2_600
"""Pixels of a picture that is as high as its page."""

_QUALITY = 82
_SETTLED_MS = 900
"""Charts are drawn again by a script, once they come into view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """In which colours and on what a page is seen."""

    scheme: str
    size: str

    @property
    def suffix(self) -> str:
        """How files are named after it."""
        return f"{self.scheme}-{self.size}"


LOOKS = tuple(Look(scheme=scheme, size=size) for scheme, size in product(SCHEMES, SIZES))


@contextmanager
def browser() -> Iterator[Browser]:
    """The browser of this machine.

    Raises:
        DemoFailed: there is none.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise DemoFailed(f"There is no browser: none of {', '.join(BROWSERS)} is on the PATH.")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])


@contextmanager
def visiting(chromium: Browser, url: str, look: Look, headers: Mapping[str, str]) -> Iterator[Page]:
    """A page as somebody sees it with this look."""
    width, height = SIZES[look.size]
    context = chromium.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if look.scheme == "dark" else "light",
        extra_http_headers=dict(headers),
        is_mobile=look.size == "phone",
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def take(page: Page, address: str, file: Path, *, status: int = 200, is_whole: bool = True) -> None:
    """A picture of a page as WebP; `is_whole` for all of it, else of what is seen first.

    Raises:
        DemoFailed: it is answered otherwise.
    """
    answer = page.goto(address)
    if answer is None or answer.status != status:
        raise DemoFailed(f"{address} was answered {answer.status if answer else 'not at all'}.")
    width = page.viewport_size["width"] if page.viewport_size else 0
    height = page.evaluate("document.documentElement.scrollHeight") if is_whole else 0
    high = max(min(height, LONGEST), page.viewport_size["height"] if page.viewport_size else 0)
    page.set_viewport_size({"width": width, "height": high})
    page.wait_for_timeout(_SETTLED_MS)
    session = page.context.new_cdp_session(page)
    shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": _QUALITY})
    file.write_bytes(base64.b64decode(shot["data"]))
    session.detach()
