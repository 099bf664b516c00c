"""Every page says who may see it."""

import subprocess
import sys
from pathlib import Path

from fastapi.routing import APIRoute

from modelyard.bootstrap.container import build_context
from modelyard.bootstrap.settings import Settings
from modelyard.domain.permission import Permission
from modelyard.presentation.api.app import create_api
from modelyard.presentation.web.late_pages import add_pages
from modelyard.presentation.web.page import PageRoute
from modelyard.presentation.web.site import PAGES
from tests.api.access import Guarded
from tests.web.pages import browser_of, shown, text_of
from tests.web.scene import MODEL, set_scene


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


def test_pages_are_imported_when_the_first_is_asked_for(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from modelyard.bootstrap.asgi import create_app; "
        "from modelyard.bootstrap.settings import Settings; create_app(Settings(data_dir=Path(sys.argv[1]))); "
        "print([name for name in sys.modules if name.startswith(('modelyard.presentation.web.pages', 'jinja2', "
        "'markdown_it', 'nh3', 'plotly'))])"
    )
    shown_names = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert shown_names.stdout.strip() == "[]"


async def test_no_page_tells_of_a_model_that_one_may_not_see(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        await set_scene(admin)
    await guarded.enrol("ana", ("other.*", "admin"))
    parts = {"model": MODEL, "ref": "5", "path": "config.json", "request_id": 1}
    routes = [route for router in PAGES for route in router.routes if isinstance(route, APIRoute)]
    tried = 0
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        for route in routes:
            if "model" in route.param_convertors:
                address = route.path_format.format(**parts)
                for method in route.methods or ():
                    answer = await ana.request(method, address, data={} if method == "POST" else None)
                    shown(answer, 404)
                    assert MODEL not in text_of(answer.text.partition("<main")[2]).replace(f"'{MODEL}'", "")
                    tried += 1
    assert tried >= 15
