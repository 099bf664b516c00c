"""Where the history is kept."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from modelyard.domain.access.standing import ALL_VISIBLE, Visibility
from modelyard.domain.digest import Digest
from modelyard.domain.event import Action, Change, Event, Link

EVENTS = "events"
"""The topic that is announced with each event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to read; `None` leaves a side open. `model_id` finds a model's events under all its names."""

    model_id: int | None = None
    model: str | None = None
    version: int | None = None
    action: Action | None = None
    actor: str | None = None
    visible: Visibility = field(default=ALL_VISIBLE, repr=False)
    """Of which models, by their names at that moment; those of no model are for who may see all."""

    def fits(self, event: Event) -> bool:
        """Whether it is one of these."""
        change = event.change
        return (
            self.model_id in {None, change.model_id}
            and self.model in {None, change.model}
            and self.version in {None, change.version}
            and self.action in {None, change.action}
            and self.actor in {None, change.actor}
            and (self.visible.is_everything or (change.model != "" and self.visible.shows(change.model)))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedLink:
    """An event as it is recorded, for a proof: `hash` is what stands there, which may not be that of the link."""

    sequence: int
    hash: str
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last event of a chain. Who keeps it elsewhere sees when the chain is cut off before it."""

    chain: int
    model: str
    position: int
    hash: Digest


class Events(Protocol):
    """The history, within one transaction. It only grows."""

    def append(self, change: Change) -> Event:
        """Write the change at the end of its chain; no other transaction writes to the chain before this one ends."""

    def page(self, wanted: EventFilter, *, beyond: int | None, is_descending: bool, limit: int) -> Sequence[Event]:
        """Events by sequence, starting beyond a sequence."""

    def last(self) -> int:
        """The highest sequence that is visible; 0 where nothing has happened."""

    def writers(self) -> Set[str]:
        """Transactions that may yet commit an event whose sequence lies before one that is visible.

        As of now, which is later than what is visible in a snapshot.
        """

    def of_places(
        self, model_id: int, *, until: datetime | None, beyond: int | None, limit: int, with_drafts: bool
    ) -> Sequence[Event]:
        """Events that moved versions of a model between stages, moved aliases, or deleted versions; the newest first.

        Those up to `until`, from beyond a sequence; with `with_drafts` registrations too.
        """

    def links(self, *, beyond: int, limit: int) -> Sequence[RecordedLink]:
        """All events by sequence, from beyond a sequence."""

    def links_of_chain(self, chain: int, *, beyond: int, limit: int) -> Sequence[RecordedLink]:
        """The events of a chain by position, from beyond a position."""

    def heads(self, *, beyond: int, limit: int) -> Sequence[Head]:
        """The last event of each chain, by chain, from beyond a chain (-1 for all)."""
