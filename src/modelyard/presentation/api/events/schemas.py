"""What goes out for history."""

from typing import Any

from pydantic import Field

from modelyard.application.ports.events import EventFilter
from modelyard.domain.event import Action, Event
from modelyard.presentation.api.fields import DigestText, Moment, Output
from modelyard.presentation.api.lists import ListParameters


class EventRead(Output):
    """One change: what, who, when, before and after, chained to the one before by its hash."""

    sequence: int = Field(description="Orders all events of the registry")
    position: int = Field(description="Place in its chain, from 1 without gaps")
    at: Moment
    actor: str
    action: Action
    model: str
    version: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str
    previous_hash: DigestText | None
    hash: DigestText

    @classmethod
    def of(cls, event: Event) -> "EventRead":
        """Read it from the domain's event."""
        change = event.change
        return cls(
            sequence=event.sequence,
            position=event.position,
            at=change.at,
            actor=change.actor,
            action=change.action,
            model=change.model,
            version=change.version,
            before=dict(change.before) if change.before is not None else None,
            after=dict(change.after) if change.after is not None else None,
            reason=change.reason,
            previous_hash=event.previous_hash,
            hash=event.hash,
        )


class EventPage(Output):
    """A page of events."""

    items: list[EventRead]
    next_cursor: str | None


class ModelEventParameters(ListParameters):
    """Which events of a model."""

    version: int | None = Field(default=None, ge=1, le=999_999_999)
    action: Action | None = None
    actor: str | None = Field(default=None, max_length=250)

    def event_filter(self) -> EventFilter:
        """The filter in the application's terms."""
        return EventFilter(version=self.version, action=self.action, actor=self.actor)


class EventParameters(ModelEventParameters):
    """Which events of the registry."""

    model: str | None = Field(default=None, max_length=200, description="The model's name when it happened")

    def event_filter(self) -> EventFilter:
        """The filter in the application's terms."""
        return EventFilter(model=self.model, version=self.version, action=self.action, actor=self.actor)
