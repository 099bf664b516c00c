"""Pages stay small, so that each can be read at once."""

from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from modelyard.presentation.web import pages
from modelyard.presentation.web.site import PAGES
from tests.architecture.project import ROOT

LINE_LIMIT = 120
TEMPLATES = ROOT / "src/modelyard/presentation/web/templates"


def modules_with_a_router() -> dict[str, Path]:
    """Name and file of every module of pages that defines a router."""
    found = {}
    for info in walk_packages(pages.__path__, f"{pages.__name__}."):
        module = import_module(info.name)
        if any(isinstance(value, APIRouter) for value in vars(module).values()):
            found[info.name] = Path(str(module.__file__))
    return found


MODULES = modules_with_a_router()
FILES = [*MODULES.values(), *sorted(path for path in TEMPLATES.rglob("*") if path.is_file())]


def test_every_route_of_a_page_is_in_a_module_that_is_measured() -> None:
    routes = [route for router in PAGES for route in router.routes if isinstance(route, APIRoute)]
    assert routes
    assert {route.endpoint.__module__ for route in routes} == set(MODULES)


def test_every_template_is_measured() -> None:
    assert TEMPLATES / "home.html" in FILES


@pytest.mark.parametrize("path", [pytest.param(path, id="/".join(path.parts[-2:])) for path in FILES])
def test_a_page_and_its_template_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LINE_LIMIT, f"{path.relative_to(ROOT)}: {lines} lines (limit {LINE_LIMIT}); split it by subject"
