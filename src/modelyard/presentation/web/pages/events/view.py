"""What the page of events shows."""

import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from modelyard.application.queries.page import Page
from modelyard.domain.event import Action, Event
from modelyard.domain.json_value import JsonObject
from modelyard.presentation.http.routing import BASE
from modelyard.presentation.web.formats import short_digest
from modelyard.presentation.web.views.event import EventView, event_view

LONGEST = 4_000
"""Characters of what was before or after, on a page of many events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsWanted:
    """Which events are shown; what is empty does not matter."""

    model: str = ""
    actor: str = ""
    action: str = ""

    def href(self, path: str, **more: str) -> str:
        """An address of these events."""
        given = {"model": self.model, "actor": self.actor, "action": self.action, **more}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"{path}?{query}" if query else path


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """An event with all that is known of it. `before` and `after` are JSON, or empty."""

    event: EventView
    before: str
    after: str
    chain: str
    hash: str
    previous_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsView:
    """A page of events. Empty addresses are no links; only the first page, which has the newest, is live."""

    wanted: EventsWanted
    entries: tuple[EntryView, ...]
    actions: tuple[str, ...]
    is_narrowed: bool
    is_live: bool
    list_href: str
    stream_href: str
    export_href: str
    newest_href: str
    older_href: str


def events_view(page: Page[Event], wanted: EventsWanted, cursor: str, now: datetime) -> EventsView:
    """The page of some events."""
    return EventsView(
        wanted=wanted,
        entries=tuple(entry_view(event, now) for event in page.items),
        actions=tuple(action.value for action in Action),
        is_narrowed=wanted != EventsWanted(),
        is_live=not cursor,
        list_href=wanted.href("/events/list"),
        stream_href=wanted.href(f"{BASE}/events"),
        export_href=wanted.href(f"{BASE}/events", format="csv"),
        newest_href=wanted.href("/events") if cursor else "",
        older_href=wanted.href("/events", cursor=page.next_cursor) if page.next_cursor else "",
    )


def entry_view(event: Event, now: datetime) -> EntryView:
    """One event."""
    change = event.change
    return EntryView(
        event=event_view(event, now),
        before=_document(change.before),
        after=_document(change.after),
        chain=f"{'registry' if change.chain == 0 else f'model {change.chain}'}, position {event.position}",
        hash=short_digest(event.hash),
        previous_hash=short_digest(event.previous_hash) if event.previous_hash else "",
    )


def _document(value: JsonObject | None) -> str:
    """As JSON; a card may have 64 KiB, so that not all of it is shown."""
    text = json.dumps(value, indent=2, ensure_ascii=False) if value else ""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…\n({len(text):,} characters; the API tells all of them)"
