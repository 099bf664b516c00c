"""What happened to a version."""

from dataclasses import dataclass

from modelyard.application.queries.page import Page
from modelyard.application.surveys.inspecting import VersionState
from modelyard.domain.event import Event
from modelyard.presentation.web.abilities import Abilities
from modelyard.presentation.web.links import version_link
from modelyard.presentation.web.pages.version.head import HeadView, head_view
from modelyard.presentation.web.views.event import EventView, event_view


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """The page; the newest events first."""

    head: HeadView
    events: tuple[EventView, ...]
    next_href: str


def history_view(state: VersionState, events: Page[Event], abilities: Abilities) -> HistoryView:
    """A page of the history."""
    version = state.version
    more = events.next_cursor
    return HistoryView(
        head=head_view(state, abilities, "history"),
        events=tuple(event_view(event, state.now, within=version.model) for event in events.items),
        next_href=version_link(version.model, version.number, "history", cursor=more) if more else "",
    )
