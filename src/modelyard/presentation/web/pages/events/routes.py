"""The pages of history."""

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.application.queries.history import list_events
from modelyard.application.queries.page import Page, PageRequest
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.event import Action, Event
from modelyard.domain.permission import Permission
from modelyard.presentation.http.access import visibility_of
from modelyard.presentation.http.context import context_of
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.events.view import EventsWanted, events_view
from modelyard.presentation.web.rendering import show

router = page_router()

ROWS = 50

_Text = Annotated[str, Query(max_length=250)]


@router.get("/events", **page(Permission.EVENTS_READ))
async def show_events(
    request: Request, model: _Text = "", actor: _Text = "", action: _Text = "", cursor: str = ""
) -> Response:
    """What happened, the newest first; a script adds what happens."""
    wanted = EventsWanted(model=model.strip(), actor=actor.strip(), action=action)
    events, now = await _found(request, wanted, cursor)
    return await show(request, "events.html", events_view(events, wanted, cursor, now))


@router.get("/events/list", **page(Permission.EVENTS_READ))
async def show_event_list(request: Request, model: _Text = "", actor: _Text = "", action: _Text = "") -> Response:
    """The newest events alone, for the script that adds them to the page."""
    wanted = EventsWanted(model=model.strip(), actor=actor.strip(), action=action)
    events, now = await _found(request, wanted, "")
    return await show(request, "event_log.html", events_view(events, wanted, "", now))


async def _found(request: Request, wanted: EventsWanted, cursor: str) -> tuple[Page[Event], datetime]:
    event_filter = EventFilter(
        model=wanted.model or None,
        actor=wanted.actor or None,
        action=_action(wanted.action),
        visible=visibility_of(request),
    )
    asked = PageRequest(limit=ROWS, cursor=cursor or None)
    return await context_of(request).database.scan(_read, event_filter, asked)


def _read(tx: Transaction, wanted: EventFilter, asked: PageRequest) -> tuple[Page[Event], datetime]:
    return list_events(tx, None, wanted, asked), tx.now


def _action(text: str) -> Action | None:
    if not text:
        return None
    try:
        return Action(text)
    except ValueError as error:
        message = "is no action of the history"
        raise InvalidInput(
            f"{text[:100]!r} {message}", errors=[FieldError(pointer="action", message=message)]
        ) from error
