import re

from fastapi.routing import APIRoute

from modelyard.presentation.web.assets import STATIC
from modelyard.presentation.web.site import PAGES
from tests.docs.guide import ROOT
from tests.web.browser.places import GUARDED_PLACES, PARTS, PLACES

PAGE = (ROOT / "docs" / "web.md").read_text(encoding="utf-8")
VERSION = "/models/{model}/versions/{ref}"


def paths() -> list[str]:
    """Of all pages that are looked at."""
    routes = [route for router in PAGES for route in router.routes if isinstance(route, APIRoute)]
    return [route.path for route in routes if "GET" in (route.methods or ()) and not route.path.startswith(STATIC)]


def test_the_guide_lists_every_page() -> None:
    assert len(paths()) >= 10
    for path in paths():
        plain = path.replace(":path", "").replace("request_id", "id")
        names = {f"`{plain}", f"`{plain.replace(VERSION, '…')}"}
        assert any(name in PAGE for name in names), plain


def test_every_page_is_visited_by_a_browser() -> None:
    for path in set(paths()) - set(PARTS):
        pattern = re.sub(r"\{\w+\}", "[^/]+", re.sub(r"\{\w+:path\}", ".+", path))
        assert any(re.fullmatch(pattern, place.partition("?")[0]) for place in (*PLACES, *GUARDED_PLACES)), path
