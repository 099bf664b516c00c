"""The pages of a version."""

from fastapi import Query, Request, Response

from modelyard.application.queries.page import PageRequest
from modelyard.application.surveys.inspecting import read_events, read_measured, read_overview, read_state
from modelyard.domain.permission import Permission
from modelyard.domain.reference import parse_reference
from modelyard.presentation.api.addresses import ModelPath, VersionRef
from modelyard.presentation.http.access import visibility_of
from modelyard.presentation.http.context import context_of
from modelyard.presentation.web.abilities import abilities_of
from modelyard.presentation.web.markdown import card_html
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.version.files import files_view
from modelyard.presentation.web.pages.version.history import history_view
from modelyard.presentation.web.pages.version.measurements import measurements_view
from modelyard.presentation.web.pages.version.overview import overview_view
from modelyard.presentation.web.rendering import show

router = page_router()

_BASE = "/models/{model}/versions/{ref}"
_EVENTS = 50

_METRIC: str = Query(default="", description="The name of the metrics to draw")
_AFTER: str = Query(default="", description="The path behind which the list of files goes on")
_CURSOR: str = Query(default="", description="Where the history goes on")


@router.get(_BASE, **page(Permission.MODELS_READ))
async def show_version(request: Request, model: ModelPath, ref: VersionRef) -> Response:
    """Card, what it is, where it comes from, and what it needs to be promoted."""
    database = context_of(request).database
    overview = await database.scan(read_overview, visibility_of(request), model, parse_reference(ref))
    card = await card_html(overview.state.version.card)
    origin = f"{request.url.scheme}://{request.url.netloc}"
    view = overview_view(overview, abilities_of(request, model), card, origin)
    return await show(request, "version.html", view)


@router.get(f"{_BASE}/metrics", **page(Permission.MODELS_READ))
async def show_metrics(request: Request, model: ModelPath, ref: VersionRef, metric: str = _METRIC) -> Response:
    """What was measured, beside what is in production, and how it went."""
    measured = await context_of(request).database.scan(read_measured, model, parse_reference(ref), metric)
    view = measurements_view(measured, abilities_of(request, model), metric)
    return await show(request, "version_metrics.html", view)


@router.get(f"{_BASE}/files", **page(Permission.MODELS_READ))
async def show_files(request: Request, model: ModelPath, ref: VersionRef, after: str = _AFTER) -> Response:
    """The files, with sizes and digests."""
    state = await context_of(request).database.scan(read_state, model, parse_reference(ref))
    return await show(request, "version_files.html", files_view(state, abilities_of(request, model), after))


@router.get(f"{_BASE}/history", **page(Permission.MODELS_READ))
async def show_history(request: Request, model: ModelPath, ref: VersionRef, cursor: str = _CURSOR) -> Response:
    """Everything that happened to it."""
    wanted = PageRequest(limit=_EVENTS, cursor=cursor or None)
    scan = context_of(request).database.scan
    state, events = await scan(read_events, visibility_of(request), model, parse_reference(ref), wanted)
    view = history_view(state, events, abilities_of(request, model))
    return await show(request, "version_history.html", view)
