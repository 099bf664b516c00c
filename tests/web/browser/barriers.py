"""What keeps people from using a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 250);
})"""


def barriers(page: Page, axe: Axe, place: str, width: int) -> list[str]:
    """What axe finds, what lies beyond the edge of the screen, and what moves while the page loads."""
    page.goto(place)
    found = []
    shifted = page.evaluate(SHIFTS)
    needed = page.evaluate("document.documentElement.scrollWidth")
    if needed > width or shifted > 0.01:
        found.append(f"{place} needs {needed} of {width}, and moves by {shifted}")
    results = axe.run(page, options=RULES)
    if results.violations_count:
        found.append(f"{place}\n{results.generate_report()}")
    return found
