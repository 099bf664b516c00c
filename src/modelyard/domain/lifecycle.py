"""Stages of a version, and the steps between them."""

from collections.abc import Set
from enum import StrEnum
from types import MappingProxyType

from modelyard.domain.errors import TransitionRefused


class Stage(StrEnum):
    """How far a version has come."""

    DRAFT = "draft"
    STAGING = "staging"
    PRODUCTION = "production"
    ARCHIVED = "archived"


class Step(StrEnum):
    """What a change of stage is called."""

    PROMOTE = "promote"
    DEMOTE = "demote"
    ARCHIVE = "archive"
    RESTORE = "restore"
    ROLLBACK = "rollback"


STEPS = MappingProxyType(
    {
        (Stage.DRAFT, Stage.STAGING): Step.PROMOTE,
        (Stage.DRAFT, Stage.PRODUCTION): Step.PROMOTE,
        (Stage.DRAFT, Stage.ARCHIVED): Step.ARCHIVE,
        (Stage.STAGING, Stage.DRAFT): Step.DEMOTE,
        (Stage.STAGING, Stage.PRODUCTION): Step.PROMOTE,
        (Stage.STAGING, Stage.ARCHIVED): Step.ARCHIVE,
        (Stage.PRODUCTION, Stage.STAGING): Step.DEMOTE,
        (Stage.PRODUCTION, Stage.ARCHIVED): Step.ARCHIVE,
        (Stage.ARCHIVED, Stage.DRAFT): Step.RESTORE,
        (Stage.ARCHIVED, Stage.STAGING): Step.RESTORE,
        (Stage.ARCHIVED, Stage.PRODUCTION): Step.ROLLBACK,
    }
)
"""Every step there is; what is not here is refused."""


def plan_step(from_stage: Stage, to_stage: Stage, *, allowed: Set[Stage], has_been_in_production: bool) -> Step:
    """Name the step from one stage to another, where the policy allows only some.

    Archived to production is a rollback, open only to a version that was in production before.

    Raises:
        TransitionRefused: details hold `allowed`, the stages that can be reached from here.
    """
    reachable = reachable_from(from_stage, allowed, has_been_in_production=has_been_in_production)
    if to_stage not in reachable:
        raise TransitionRefused(
            f"a version in {from_stage} cannot go to {to_stage}",
            hint=_hint(from_stage, to_stage, reachable, allowed),
            details={"from_stage": from_stage.value, "to_stage": to_stage.value, "allowed": list(reachable)},
        )
    return STEPS[from_stage, to_stage]


def reachable_from(from_stage: Stage, allowed: Set[Stage], *, has_been_in_production: bool) -> tuple[Stage, ...]:
    """The stages that a version can go to, where the policy allows only some."""
    is_closed = not has_been_in_production and from_stage is Stage.ARCHIVED
    return tuple(
        target
        for source, target in STEPS
        if source is from_stage and target in allowed and not (is_closed and target is Stage.PRODUCTION)
    )


def _hint(from_stage: Stage, to_stage: Stage, reachable: tuple[Stage, ...], allowed: Set[Stage]) -> str:
    if from_stage is to_stage:
        return "It is there already; nothing is to be done."
    if (from_stage, to_stage) == (Stage.DRAFT, Stage.PRODUCTION):
        return "Promote it to staging first."
    if (from_stage, to_stage) == (Stage.ARCHIVED, Stage.PRODUCTION) and to_stage in allowed:
        return "Only a version that was in production can be rolled back to; restore this one to staging first."
    if not reachable:
        return f"The model's policy lets no version leave {from_stage}."
    return f"From {from_stage} it can go to {', '.join(reachable)}."
