"""Where the history is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modelyard.domain.event import Action, Change, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to read; `None` leaves a side open. `model_id` finds a model's events under all its names."""

    model_id: int | None = None
    model: str | None = None
    version: int | None = None
    action: Action | None = None
    actor: str | None = None


class Events(Protocol):
    """The history, within one transaction. It only grows."""

    def append(self, change: Change) -> Event:
        """Write the change at the end of its chain; no other transaction writes to the chain before this one ends."""

    def page(self, wanted: EventFilter, *, beyond: int | None, is_descending: bool, limit: int) -> Sequence[Event]:
        """Events by sequence, starting beyond a sequence."""

    def of_places(
        self, model_id: int, *, until: datetime | None, beyond: int | None, limit: int, with_drafts: bool
    ) -> Sequence[Event]:
        """Events that moved versions of a model between stages, moved aliases, or deleted versions; the newest first.

        Those up to `until`, from beyond a sequence; with `with_drafts` registrations too.
        """
