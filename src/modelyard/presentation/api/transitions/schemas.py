"""What goes in and out for changes of stage."""

from typing import Annotated, Any

from pydantic import Field

from modelyard.application.services.promotion import StageChange
from modelyard.domain.event import Event
from modelyard.domain.lifecycle import Stage, Step
from modelyard.presentation.api.fields import Actor, Input, Moment, NextCursor, Output, VersionNumber
from modelyard.presentation.api.versions.schemas import VersionRead

Reason = Annotated[str, Field(max_length=5_000, examples=["better recall on small accounts"])]


class TransitionCreate(Input):
    """A change of stage that is asked for."""

    to_stage: Stage = Field(strict=False, examples=["staging"])
    from_stage: Stage | None = Field(
        default=None,
        strict=False,
        description="Refuse with 409 when the version is in another stage by now",
        examples=["draft"],
    )
    reason: Reason = ""

    def change(self) -> StageChange:
        """The change in the application's terms."""
        return StageChange(to_stage=self.to_stage, from_stage=self.from_stage, reason=self.reason)


class GateRead(Output):
    """A gate that was evaluated."""

    name: str = Field(examples=["good enough"])
    expression: str = Field(examples=["metric.auc@holdout >= 0.9"])
    passed: bool
    values: dict[str, Any] = Field(description="What the expression saw", examples=[{"metric.auc@holdout": 0.93}])


class TransitionRead(Output):
    """A change of stage; with a dry run, what it would be."""

    version: VersionRead
    from_stage: Stage = Field(examples=["draft"])
    to_stage: Stage = Field(examples=["staging"])
    step: Step
    archived: list[VersionNumber] = Field(description="The versions that left the stage for it", examples=[[3]])
    gates: list[GateRead] = Field(default=[], description="The gates that were evaluated")
    reason: Reason


class PastTransition(Output):
    """A change of stage that happened."""

    sequence: int = Field(description="Of its event", examples=[17])
    at: Moment
    actor: Actor
    from_stage: Stage = Field(examples=["draft"])
    to_stage: Stage = Field(examples=["staging"])
    reason: Reason

    @classmethod
    def of(cls, event: Event) -> "PastTransition":
        """Read it from the history."""
        before, after = event.change.before or {}, event.change.after or {}
        return cls(
            sequence=event.sequence,
            at=event.change.at,
            actor=event.change.actor,
            from_stage=Stage(str(before["stage"])),
            to_stage=Stage(str(after["stage"])),
            reason=event.change.reason,
        )


class PastTransitionPage(Output):
    """A page of a version's changes of stage."""

    items: list[PastTransition]
    next_cursor: NextCursor
