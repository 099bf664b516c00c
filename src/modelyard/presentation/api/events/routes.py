"""The routes of history."""

from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.queries.history import filter_of
from modelyard.application.queries.history import list_events as list_page
from modelyard.application.queries.places import list_timeline
from modelyard.application.services.histories import known_event, prove_chain
from modelyard.domain import errors
from modelyard.domain.form_errors import FormatUnavailable
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import ModelPath
from modelyard.presentation.api.events.proof import ProofParameters, ProofRead
from modelyard.presentation.api.events.schemas import EventPage, EventParameters, EventRead, ModelEventParameters
from modelyard.presentation.api.events.stream import (
    LAST_EVENT_ID,
    MEDIA_TYPE,
    event_stream,
    last_event_id,
    wants_stream,
)
from modelyard.presentation.api.events.timeline import IntervalRead, TimelinePage, TimelineParameters
from modelyard.presentation.api.exported_lists import Listing, list_response
from modelyard.presentation.exports.response import exported
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.access import is_still_admitted, visibility_of
from modelyard.presentation.http.answers import page_response
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("history")

_STREAM = {"schema": {"type": "string"}, "example": "id: 17\nevent: alias.moved\ndata: {…}\n\n"}
_EVENTS = {
    200: exported("sequence,chain,…\r\n17,3,…\r\n", '{"sequence":17,"chain":3,…}\n', {MEDIA_TYPE: _STREAM}),
}


@router.get(
    "/events",
    response_model=EventPage,
    **docs.documented(
        Permission.EVENTS_READ,
        errors=(*docs.READS, errors.InvalidCursor, FormatUnavailable),
        answers=_EVENTS,
        parameters=[LAST_EVENT_ID],
    ),
)
async def list_events(request: Request, wanted: Annotated[EventParameters, Query()]) -> Response:
    """List what happened in the registry, the newest first; `sort=sequence` for the oldest first.

    With `Accept: text/event-stream`: what happens from now on, as it happens. Or export all that fit.
    """
    return await _answer(request, None, wanted)


@router.get(
    "/models/{model}/events",
    response_model=EventPage,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, errors.ModelNotFound, errors.InvalidCursor, FormatUnavailable),
        answers=_EVENTS,
        parameters=[LAST_EVENT_ID],
    ),
)
async def list_model_events(
    request: Request, model: ModelPath, wanted: Annotated[ModelEventParameters, Query()]
) -> Response:
    """List what happened to a model, under all its names, the newest first; stream or export it."""
    return await _answer(request, model, wanted)


@router.get(
    "/models/{model}/events/proof",
    response_model=ProofRead,
    **docs.documented(Permission.MODELS_READ, errors=(*docs.READS, errors.ModelNotFound)),
)
async def prove_history(request: Request, model: ModelPath, known: Annotated[ProofParameters, Query()]) -> ProofRead:
    """Walk the hash chain of a model, and name the first broken link, if there is one.

    Who notes position and hash of the head can send them next time: then the chain is walked from there on, and what
    was rewritten or cut off since shows.
    """
    proof = await prove_chain(context_of(request).database, model, known_event(known.position, known.hash))
    return ProofRead.of(proof)


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
    page = await context_of(request).database.scan(
        list_timeline, model, wanted.place_filter(), wanted.page_request(request)
    )
    items = [IntervalRead.of(interval) for interval in page.items]
    return page_response(request, TimelinePage(items=items, next_cursor=page.next_cursor), page.next_cursor)


async def _answer(request: Request, model: ModelPath | None, wanted: ModelEventParameters) -> Response:
    context, after = context_of(request), last_event_id(request)
    event_filter = wanted.event_filter()
    if model is None:
        event_filter = replace(event_filter, visible=visibility_of(request))
    if wanted.format is None and wants_stream(request):
        watched = await context.database.read(filter_of, model, event_filter)
        return await event_stream(context.live_events, watched, after, partial(is_still_admitted, request))
    listing = Listing(
        read=lambda page: context.database.scan(list_page, model, event_filter, page),
        show_page=EventPage.of,
        item=EventRead,
        show=EventRead.of,
        file_name="events" if model is None else f"{model}-events",
    )
    return await list_response(request, wanted, listing)
