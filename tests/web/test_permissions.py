"""Every page says who may see it."""

from pathlib import Path

from fastapi.routing import APIRoute

from modelyard.bootstrap.container import build_context
from modelyard.bootstrap.settings import Settings
from modelyard.domain.permission import Permission
from modelyard.presentation.api.app import create_api
from modelyard.presentation.web.page import PageRoute
from modelyard.presentation.web.site import PAGES, add_pages


def test_every_page_names_the_permission_that_it_needs() -> None:
    routes = [route for router in PAGES for route in router.routes]
    assert routes
    for route in routes:
        assert isinstance(route, APIRoute)
        assert isinstance(route, PageRoute), route.path
        assert route.openapi_extra, route.path
        assert route.openapi_extra["x-permission"] in set(Permission), route.path


def test_pages_are_no_part_of_the_document_of_the_api(tmp_path: Path) -> None:
    context = build_context(Settings(data_dir=tmp_path))
    with_pages, alone = create_api(context), create_api(context)
    add_pages(with_pages)
    assert with_pages.openapi() == alone.openapi()
