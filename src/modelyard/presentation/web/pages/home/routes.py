"""The home page."""

from fastapi import Request, Response

from modelyard.application.queries.overview import read_overview
from modelyard.domain.permission import Permission
from modelyard.presentation.http.access import visibility_of
from modelyard.presentation.http.context import context_of
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.home.view import home_view
from modelyard.presentation.web.rendering import show

router = page_router()

_ROWS = 10


@router.get("/", **page(Permission.MODELS_READ))
async def show_home(request: Request) -> Response:
    """What is in production now, and what changed lately."""
    overview = await context_of(request).database.scan(read_overview, visibility_of(request), limit=_ROWS)
    return await show(request, "home.html", home_view(overview))
