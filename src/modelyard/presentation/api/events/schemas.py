"""What goes out for history."""

from typing import Any

from pydantic import Field

from modelyard.application.ports.events import EventFilter
from modelyard.application.queries.history import EVENT_ORDER
from modelyard.application.queries.page import Page
from modelyard.domain.event import Action, Event
from modelyard.presentation.api.fields import (
    Actor,
    DigestText,
    Moment,
    NextCursor,
    Output,
    VersionNumber,
)
from modelyard.presentation.api.lists import ExportParameters, sorting


class EventRead(Output):
    """One change: what, who, when, before and after, chained to the one before by its hash."""

    sequence: int = Field(description="Orders all events of the registry", examples=[17])
    chain: int = Field(description="0 is the registry's own chain; a model's has its `model_id`", examples=[3])
    position: int = Field(description="Place in its chain, from 1 without gaps", examples=[5])
    at: Moment
    actor: Actor
    action: Action = Field(examples=["version.stage_changed"])
    model_id: int = Field(description="Stays through renames, is never used again; 0 where no model is concerned")
    model: str = Field(description="Its name then; empty where no model is concerned", examples=["churn"])
    version: VersionNumber | None
    before: dict[str, Any] | None = Field(description="What changed, as it was", examples=[{"stage": "draft"}])
    after: dict[str, Any] | None = Field(description="What changed, as it is since", examples=[{"stage": "staging"}])
    reason: str = Field(examples=["better recall on small accounts"])
    previous_hash: DigestText | None
    hash: DigestText

    @classmethod
    def of(cls, event: Event) -> "EventRead":
        """Read it from the domain's event."""
        change = event.change
        return cls(
            sequence=event.sequence,
            chain=change.chain,
            position=event.position,
            at=change.at,
            actor=change.actor,
            action=change.action,
            model_id=change.model_id,
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
    next_cursor: NextCursor

    @classmethod
    def of(cls, page: Page[Event]) -> "EventPage":
        """Read it from the application's."""
        return cls(items=[EventRead.of(event) for event in page.items], next_cursor=page.next_cursor)


class ModelEventParameters(ExportParameters):
    """Which events of a model."""

    sort: str = sorting(EVENT_ORDER, "event-order")
    version: VersionNumber | None = None
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
