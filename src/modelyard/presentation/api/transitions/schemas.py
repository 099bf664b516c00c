"""What goes in and out for changes of stage."""

from typing import Any

from pydantic import Field

from modelyard.application.services.checklist import Checklist
from modelyard.application.services.promotion import StageChange, Transition
from modelyard.application.services.rollback import Rollback
from modelyard.domain.event import Event
from modelyard.domain.lifecycle import Stage, Step
from modelyard.presentation.api.fields import Actor, Input, Moment, NextCursor, Output, Reason, VersionNumber
from modelyard.presentation.api.versions.schemas import VersionRead


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
    notes: list[str] = Field(
        description="What was not there, or could not be compared", examples=[["metric.auc@test is not there."]]
    )


class ChecklistRead(Output):
    """What a change of stage is held against: everything that the policy asks for, and what of it is there."""

    passed: bool = Field(description="Whether it can be done")
    gates: list[GateRead] = Field(description="With the values that they saw")
    approvals_needed: int = Field(examples=[1])
    approvals_given: int = Field(description="On the open request for this step", examples=[0])
    request: int | None = Field(description="The open request for this step", examples=[7])


def checked_fields(checklist: Checklist) -> dict[str, Any]:
    """The fields of a `ChecklistRead`, from the application's."""
    return {
        "passed": checklist.is_passed,
        "gates": [GateRead.model_validate(checked.document()) for checked in checklist.gates],
        "approvals_needed": checklist.needed,
        "approvals_given": checklist.given,
        "request": checklist.request.id if checklist.request else None,
    }


class TransitionRead(ChecklistRead):
    """A change of stage with what it was held against; with a dry run, what it would be."""

    version: VersionRead
    from_stage: Stage = Field(examples=["draft"])
    to_stage: Stage = Field(examples=["staging"])
    step: Step
    archived: list[VersionNumber] = Field(description="The versions that left the stage for it", examples=[[3]])
    reason: Reason

    @classmethod
    def done(cls, transition: Transition) -> "TransitionRead":
        """Read it from the application's."""
        return cls(
            version=VersionRead.model_validate(transition.version),
            from_stage=transition.from_stage,
            to_stage=transition.to_stage,
            step=transition.step,
            archived=list(transition.archived),
            reason=transition.reason,
            **checked_fields(transition.checklist),
        )


class RollbackCreate(Input):
    """A rollback that is asked for."""

    to_version: VersionNumber | None = Field(
        default=None, description="A version that was in production; without it, the one before the present one"
    )
    reason: Reason = ""

    def rollback(self) -> Rollback:
        """The rollback in the application's terms."""
        return Rollback(to_version=self.to_version, reason=self.reason)


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
