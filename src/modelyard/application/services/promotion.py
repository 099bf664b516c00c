"""Moving versions between stages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelyard.application.ports.database import Transaction
from modelyard.application.services.journal import record
from modelyard.domain.errors import StageConflict
from modelyard.domain.event import Action
from modelyard.domain.lifecycle import DEFAULT_POLICY, Stage, Step, plan_step
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.principal import Principal
from modelyard.domain.reference import ByNumber, Reference
from modelyard.domain.registered_model import RegisteredModel


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """What is asked for. `from_stage` is the stage that its maker expects the version to leave, if they said so."""

    to_stage: Stage
    from_stage: Stage | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What happened, or with a dry run would happen: `archived` are the numbers that had to leave the stage."""

    version: ModelVersion
    from_stage: Stage
    to_stage: Stage
    step: Step
    archived: Sequence[int]
    reason: str


def change_stage(
    tx: Transaction,
    principal: Principal,
    model_name: str,
    reference: Reference,
    change: StageChange,
) -> Transition:
    """Promote, demote, archive, restore or roll back a version.

    Where a stage holds one version at a time, the version that was there is archived in the same transaction. Each
    version that moves leaves its own event.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
        StageConflict: the version is not in the expected stage.
        TransitionRefused: there is no such step.
    """
    model = tx.models.get_to_change(model_name)
    planned = plan_change(tx, model_name, reference, change)
    moved = _move(tx, principal, model, planned)
    return replace(planned, version=moved)


def plan_change(tx: Transaction, model_name: str, reference: Reference, change: StageChange) -> Transition:
    """What a change of stage would do now; nothing is done.

    Raises:
        ModelNotFound, VersionNotFound, StageConflict, TransitionRefused: as `change_stage`.
    """
    version = tx.versions.get(model_name, reference)
    _require_stage(version, change.from_stage)
    step = plan_step(
        version.stage,
        change.to_stage,
        policy=DEFAULT_POLICY,
        has_been_in_production=version.has_been_in_production,
    )
    is_exclusive = change.to_stage in DEFAULT_POLICY.exclusive
    return Transition(
        version=version,
        from_stage=version.stage,
        to_stage=change.to_stage,
        step=step,
        archived=tx.versions.in_stage(version.model_id, change.to_stage) if is_exclusive else (),
        reason=change.reason,
    )


def _require_stage(version: ModelVersion, expected: Stage | None) -> None:
    if expected is not None and expected is not version.stage:
        raise StageConflict(
            f"version {version.number} is in {version.stage}, not in {expected}",
            hint="Someone moved it in the meantime; look at it again.",
            details={"stage": version.stage.value, "expected": expected.value},
        )


def _move(tx: Transaction, principal: Principal, model: RegisteredModel, planned: Transition) -> ModelVersion:
    number = planned.version.number
    for displaced in planned.archived:
        replaced = StageChange(from_stage=planned.to_stage, to_stage=Stage.ARCHIVED, reason=f"replaced by {number}")
        _set_stage(tx, principal, model, displaced, replaced)
    change = StageChange(from_stage=planned.from_stage, to_stage=planned.to_stage, reason=planned.reason)
    _set_stage(tx, principal, model, number, change)
    tx.models.touch(model.id, by=principal.name, at=tx.now)
    return tx.versions.get(model.name, ByNumber(number))


def _set_stage(
    tx: Transaction,
    principal: Principal,
    model: RegisteredModel,
    number: int,
    change: StageChange,
) -> None:
    tx.versions.set_stage(model.id, number, change.to_stage, by=principal.name, at=tx.now)
    record(
        tx,
        principal,
        Action.VERSION_STAGE_CHANGED,
        model,
        version=number,
        before={"stage": change.from_stage},
        after={"stage": change.to_stage},
        reason=change.reason,
    )
