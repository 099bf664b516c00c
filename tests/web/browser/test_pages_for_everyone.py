"""Each page for those who see little, who use the keyboard alone, and on screens of every size."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.web.browser.barriers import barriers
from tests.web.browser.places import PLACES


@pytest.mark.parametrize(("scheme", "width"), [("light", 2560), ("dark", 360)])
def test_no_page_keeps_anybody_out(
    chromium: Browser, registry: str, scheme: Literal["light", "dark"], width: int
) -> None:
    """Axe finds no fault, nothing lies beyond the edge of the screen, and nothing moves while it loads."""
    context = chromium.new_context(
        base_url=registry, color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    page, axe = context.new_page(), Axe()
    wrong: list[str] = []
    for place in PLACES:
        wrong += barriers(page, axe, place, width)
    context.close()
    assert wrong == []


def test_everything_is_reached_by_the_keyboard_and_shows_that_it_is(page: Page) -> None:
    page.goto("/models/fraud-detector/versions/5")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.textContent.trim() || document.activeElement.name,"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        if page.evaluate("document.activeElement === document.body"):
            break
        reached.add(name)
        assert outline != "none", name
    assert {"Promote to production", "More", "Metrics", "Edit", "Copy", "Point here"} <= reached
    page.get_by_text("More", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Back to draft"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "More"
    assert page.locator("details.menu[open]").count() == 0
