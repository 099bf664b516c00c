"""The home page."""

from functools import partial

from fastapi import Request, Response

from modelyard.application.surveys.overview import read_overview
from modelyard.domain.permission import Permission
from modelyard.presentation.http.access import may, visibility_of
from modelyard.presentation.http.context import context_of
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.home.view import home_view
from modelyard.presentation.web.rendering import show

router = page_router()

_ROWS = 10


@router.get("/", **page(Permission.MODELS_READ))
async def show_home(request: Request) -> Response:
    """What is in production now, what changed lately, and what waits for the reader."""
    may_decide = partial(may, request, Permission.APPROVALS_DECIDE)
    name = actor_of(request).name
    database = context_of(request).database
    overview = await database.scan(read_overview, visibility_of(request), name, may_decide, limit=_ROWS)
    return await show(request, "home.html", home_view(overview))
