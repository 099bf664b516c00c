"""What goes out for timelines."""

from pydantic import Field

from modelyard.application.queries.history import EVENT_ORDER
from modelyard.application.queries.places import Interval, Mark, PlaceFilter, PlaceKind
from modelyard.domain.lifecycle import Stage
from modelyard.presentation.api.fields import Actor, Moment, NextCursor, Output, VersionNumber
from modelyard.presentation.api.lists import ListParameters, sorting


class MarkRead(Output):
    """When a version got or left it, through whom and why."""

    at: Moment
    by: Actor
    reason: str = Field(examples=["better recall on small accounts"])
    sequence: int = Field(description="Of the event", examples=[17])

    @classmethod
    def of(cls, mark: Mark) -> "MarkRead":
        """Read it from the application's."""
        return cls.model_validate(mark)


class IntervalRead(Output):
    """A version held a stage or an alias from one moment to another."""

    kind: PlaceKind
    name: str = Field(description="Of the stage or the alias", examples=["production"])
    version: VersionNumber
    since: MarkRead
    until: MarkRead | None = Field(description="Null while it holds it")

    @classmethod
    def of(cls, interval: Interval) -> "IntervalRead":
        """Read it from the application's."""
        return cls(
            kind=interval.place.kind,
            name=interval.place.name,
            version=interval.version,
            since=MarkRead.of(interval.since),
            until=MarkRead.of(interval.until) if interval.until else None,
        )


class TimelinePage(Output):
    """A page of a timeline."""

    items: list[IntervalRead]
    next_cursor: NextCursor


class TimelineParameters(ListParameters):
    """Which part of a model's timeline."""

    sort: str = sorting(EVENT_ORDER, "event-order")
    stage: Stage | None = Field(default=None, description="Of this stage; drafts are told of only so")
    alias: str | None = Field(default=None, max_length=100, description="Of this alias")
    version: VersionNumber | None = None

    def place_filter(self) -> PlaceFilter:
        """The filter in the application's terms."""
        return PlaceFilter(stage=self.stage, alias=self.alias, version=self.version)
