"""What scripts add to the pages."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.web.browser.visitor import Visitor
from tests.web.scene import MODEL


def test_a_query_is_completed_as_one_types(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("sta")
    box = page.get_by_role("combobox")
    options = page.get_by_role("option")
    expect(options.first).to_have_text(re.compile("stage:"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value("stage:")
    expect(page.get_by_role("option", name="stage:staging")).to_be_visible()
    page.get_by_role("option", name="stage:production").click()
    expect(box).to_have_value("stage:production ")
    page.keyboard.type('"a b')
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.fill("stage:production ")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=stage%3Aproduction*")
    expect(page.locator(".results .row")).to_have_count(2)


def test_counts_come_by_themselves_and_narrow_the_search_down(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/search?q=fraud")
    page.get_by_role("link", name="global 3").click()
    expect(page.locator(".results .row")).to_have_count(3)
    expect(page.get_by_role("link", name="global 3")).to_have_attribute("aria-current", "true")


def test_searches_are_kept_by_the_browser(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/search?q=stage%3Aproduction&sort=-updated_at")
    page.get_by_role("button", name="Save this search").click()
    expect(page.get_by_role("button", name="Save this search")).to_be_disabled()
    page.goto("/search")
    page.get_by_role("link", name="stage:production by -updated_at").click()
    page.wait_for_url("**/search?q=stage%3Aproduction&sort=-updated_at")
    page.get_by_role("button", name="Forget stage:production by -updated_at").click()
    page.reload()
    expect(page.get_by_role("button", name="Save this search")).to_be_enabled()
    page.evaluate("localStorage.setItem('modelyard.searches', '[1, \"https://elsewhere.invalid\", \"{\"]')")
    page.reload()
    expect(page.locator("[data-saved-list] li")).to_have_count(0)


def test_charts_are_drawn_by_plotly_where_the_server_drew_them(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"/models/{MODEL}/versions/5/metrics")
    before = page.locator(".chart-box").bounding_box()
    expect(page.locator(".chart.is-live .js-plotly-plot .scatterlayer .trace")).to_have_count(2)
    assert page.locator(".chart-box").bounding_box() == before
    page.locator(".chart-live .draglayer .drag").first.hover(position={"x": 200, "y": 40})
    expect(page.locator(".hoverlayer")).to_contain_text("holdout")


def test_code_is_copied_by_a_button(chromium: Browser, registry: str) -> None:
    context = chromium.new_context(base_url=registry, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"/models/{MODEL}/versions/5")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert 'registry.load("fraud-detector:5")' in page.evaluate("navigator.clipboard.readText()")
    context.close()


def test_light_and_dark_are_switched_and_stay(page: Page) -> None:
    page.goto("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.goto("/search")
    assert page.evaluate(ground) == dark
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(ground) == light
