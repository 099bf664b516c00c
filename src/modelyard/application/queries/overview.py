"""What somebody sees first: what is in production, and what changed lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.application.queries.history import list_events
from modelyard.application.queries.listing import list_versions
from modelyard.application.queries.page import PageRequest
from modelyard.domain.access.standing import Visibility
from modelyard.domain.event import Event
from modelyard.domain.model_version import VersionSummary

IN_PRODUCTION = "stage:production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The state of the registry at a moment, in short; each list with the latest first."""

    now: datetime
    in_production: Sequence[VersionSummary]
    has_more_in_production: bool
    events: Sequence[Event]


def read_overview(tx: Transaction, visible: Visibility, *, limit: int) -> Overview:
    """Up to `limit` of each, of what may be seen."""
    seen = tx.seen_by(visible)
    wanted = PageRequest(q=IN_PRODUCTION, sort="-updated_at", limit=limit)
    versions = list_versions(seen, None, wanted)
    events = list_events(tx, None, EventFilter(visible=visible), PageRequest(limit=limit))
    return Overview(
        now=tx.now,
        in_production=versions.items,
        has_more_in_production=versions.next_cursor is not None,
        events=events.items,
    )
