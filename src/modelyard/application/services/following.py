"""Reading the history as it grows, in its order, and without missing an event.

On PostgreSQL a sequence is given before the commit: an event may become visible after one with a higher sequence. So a
gap is waited for until it is filled, or until all have ended that could fill it.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.domain.event import Event

GLIMPSE = 500
"""Events that are read at once."""

_ALL = EventFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """The next events, and, where there are gaps between them, who may yet fill one (read after the events)."""

    events: Sequence[Event]
    writers: Set[str]


def look(tx: Transaction, beyond: int) -> Glimpse:
    """What is visible beyond a sequence."""
    events = tx.events.page(_ALL, beyond=beyond, is_descending=False, limit=GLIMPSE)
    has_gaps = bool(events) and events[-1].sequence != beyond + len(events)
    return Glimpse(events=events, writers=tx.events.writers() if has_gaps else frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doubt:
    """Gaps up to a sequence, and who may yet fill one of them: they were there when the gaps were seen."""

    up_to: int
    writers: Set[str]


class Follower:
    """Takes one glimpse after the other, and gives each event once, in the order of sequences.

    Every glimpse is `look` beyond `position`, in a transaction of its own.
    """

    def __init__(self, position: int) -> None:
        self.position = position
        self.is_waiting = False
        """Whether there are events that a gap holds back."""
        self.is_due = False
        """Whether the next look gives more, without anything new having happened."""
        self._settled = position
        self._doubt: _Doubt | None = None

    def take(self, seen: Glimpse) -> Sequence[Event]:
        """The events before which nothing can come any more."""
        ready = []
        for event in seen.events:
            if event.sequence - 1 > max(self.position, self._settled):
                break
            ready.append(event)
            self.position = event.sequence
        self.is_waiting = len(ready) < len(seen.events)
        self.is_due = len(ready) == GLIMPSE
        self._weigh(seen)
        return ready

    def _weigh(self, seen: Glimpse) -> None:
        """Once all have ended who could fill a gap when it was seen, the next glimpse shows it filled, or it stays."""
        if not self.is_waiting:
            self._doubt = None
            return
        if self._doubt is None or self._doubt.up_to <= self.position:
            self._doubt = _Doubt(up_to=seen.events[-1].sequence, writers=seen.writers)
        else:
            self._doubt = _Doubt(up_to=self._doubt.up_to, writers=self._doubt.writers & seen.writers)
        if not self._doubt.writers:
            self._settled, self._doubt, self.is_due = self._doubt.up_to, None, True
