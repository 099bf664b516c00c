"""What somebody sees first: what is in production, what changed lately, and what waits for them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.application.queries.history import list_events
from modelyard.application.queries.listing import list_versions
from modelyard.application.queries.page import PageRequest
from modelyard.application.services.approving import Standing, standing_of
from modelyard.domain.access.standing import Visibility
from modelyard.domain.approval import RequestStatus
from modelyard.domain.event import Event
from modelyard.domain.model_version import VersionSummary

IN_PRODUCTION = "stage:production"
_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The state of the registry at a moment, in short; each list with the latest first."""

    now: datetime
    in_production: Sequence[VersionSummary]
    has_more_in_production: bool
    events: Sequence[Event]
    waiting: Sequence[Standing]
    """Requests that the reader may decide and has not."""


def read_overview(
    tx: Transaction, visible: Visibility, name: str, may_decide: Callable[[str], bool], *, limit: int
) -> Overview:
    """Up to `limit` of each, of what may be seen.

    Args:
        tx: The transaction.
        visible: What the reader may see.
        name: Who reads, as it would stand in the history.
        may_decide: Whether the reader may decide requests of the model of a name.
        limit: How many of each.
    """
    seen = tx.seen_by(visible)
    wanted = PageRequest(q=IN_PRODUCTION, sort="-updated_at", limit=limit)
    versions = list_versions(seen, None, wanted)
    events = list_events(tx, None, EventFilter(visible=visible), PageRequest(limit=limit))
    return Overview(
        now=tx.now,
        in_production=versions.items,
        has_more_in_production=versions.next_cursor is not None,
        events=events.items,
        waiting=list(islice(_waiting(tx, name, may_decide), limit)),
    )


def _waiting(tx: Transaction, name: str, may_decide: Callable[[str], bool]) -> Iterator[Standing]:
    beyond = None
    while batch := tx.requests.all_unclosed(beyond=beyond, limit=_BATCH):
        beyond = batch[-1].id
        for request in batch:
            is_done = name == request.created_by or name in {approval.approver for approval in request.approvals}
            if is_done or not may_decide(request.model):
                continue
            standing = standing_of(tx, tx.models.get(request.model), request)
            if standing.status is RequestStatus.OPEN:
                yield standing
