"""The routes of history."""

from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.queries.history import list_events as list_page
from modelyard.application.queries.places import list_timeline
from modelyard.domain import errors
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import ModelPath
from modelyard.presentation.api.events.schemas import EventPage, EventParameters, EventRead, ModelEventParameters
from modelyard.presentation.api.events.timeline import IntervalRead, TimelinePage, TimelineParameters
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.answers import page_response
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("history")


@router.get(
    "/events",
    response_model=EventPage,
    **docs.documented(
        Permission.EVENTS_READ, errors=(*docs.READS, errors.InvalidCursor), answers={200: {"headers": docs.LINK}}
    ),
)
async def list_events(request: Request, wanted: Annotated[EventParameters, Query()]) -> Response:
    """List what happened in the registry, the newest first; `sort=sequence` for the oldest first."""
    return await _page(request, None, wanted)


@router.get(
    "/models/{model}/events",
    response_model=EventPage,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, errors.ModelNotFound, errors.InvalidCursor),
        answers={200: {"headers": docs.LINK}},
    ),
)
async def list_model_events(
    request: Request, model: ModelPath, wanted: Annotated[ModelEventParameters, Query()]
) -> Response:
    """List what happened to a model, under all its names, the newest first."""
    return await _page(request, model, wanted)


@router.get(
    "/models/{model}/timeline",
    response_model=TimelinePage,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, errors.ModelNotFound, errors.InvalidCursor),
        answers={200: {"headers": docs.LINK}},
    ),
)
async def read_timeline(request: Request, model: ModelPath, wanted: Annotated[TimelineParameters, Query()]) -> Response:
    """List which version held which stage and alias from when to when, by whom and why; the newest first."""
    page = await context_of(request).database.scan(list_timeline, model, wanted.place_filter(), wanted.page_request())
    items = [IntervalRead.of(interval) for interval in page.items]
    return page_response(request, TimelinePage(items=items, next_cursor=page.next_cursor), page.next_cursor)


async def _page(request: Request, model: ModelPath | None, wanted: ModelEventParameters) -> Response:
    page = await context_of(request).database.scan(list_page, model, wanted.event_filter(), wanted.page_request())
    items = [EventRead.of(event) for event in page.items]
    return page_response(request, EventPage(items=items, next_cursor=page.next_cursor), page.next_cursor)
