"""Moving versions between stages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from modelyard.application.ports.database import Transaction
from modelyard.application.services.checklist import Checklist, check, require_passed
from modelyard.application.services.governing import governing
from modelyard.application.services.journal import record
from modelyard.domain.access_errors import PermissionDenied
from modelyard.domain.approval import Closing, RequestStatus
from modelyard.domain.errors import StageConflict
from modelyard.domain.event import Action
from modelyard.domain.json_value import JsonValue
from modelyard.domain.lifecycle import Stage, Step, plan_step
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.permission import Permission
from modelyard.domain.principal import Principal
from modelyard.domain.reference import ByNumber, Reference
from modelyard.domain.registered_model import RegisteredModel


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """What is asked for. `from_stage` is the stage that its maker expects the version to leave, if they said so."""

    to_stage: Stage
    from_stage: Stage | None = None
    reason: str = ""
    may_release: bool = True
    """Whether its maker may bring versions into production and out of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What happened, or with a dry run would happen: `archived` are the numbers that had to leave the stage."""

    version: ModelVersion
    from_stage: Stage
    to_stage: Stage
    step: Step
    archived: Sequence[int]
    checklist: Checklist
    reason: str


def change_stage(
    tx: Transaction,
    principal: Principal,
    model_name: str,
    reference: Reference,
    change: StageChange,
) -> Transition:
    """Promote, demote, archive, restore or roll back a version, if the model's policy lets it.

    Where a stage holds one version at a time, the version that was there is archived in the same transaction. Each
    version that moves leaves its own event.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
        StageConflict: the version is not in the expected stage.
        PermissionDenied: it enters or leaves production, and its maker may not do that.
        TransitionRefused: there is no such step, or the policy does not allow it.
        ApprovalRequired, GateFailed: the policy asks for more than is there.
    """
    model = tx.models.get_to_change(model_name)
    version = tx.versions.get(model_name, reference)
    return take_step(tx, principal, model, plan_step_of(tx, model, version, change))


def plan_change(tx: Transaction, model_name: str, reference: Reference, change: StageChange) -> Transition:
    """What a change of stage would do now, with the checklist; nothing is done.

    Raises:
        ModelNotFound, VersionNotFound, StageConflict, TransitionRefused: as `change_stage`.
    """
    model = tx.models.get(model_name)
    return plan_step_of(tx, model, tx.versions.get(model_name, reference), change)


def plan_step_of(
    tx: Transaction, model: RegisteredModel, version: ModelVersion, change: StageChange, *, is_rollback: bool = False
) -> Transition:
    """What a step of this version would do, and what it is held against; `is_rollback` names it so, whatever it is.

    Raises:
        StageConflict, TransitionRefused, PermissionDenied: as `change_stage`.
    """
    _require_stage(version, change.from_stage)
    if not change.may_release and Stage.PRODUCTION in {version.stage, change.to_stage}:
        raise PermissionDenied(
            "bringing versions into production and out of it needs the right to",
            hint="Ask for the step by POST /models/{model}/requests; an approver can take it.",
            details={"permission": Permission.VERSIONS_RELEASE.value},
        )
    policy = governing(tx, model.id, model.name).policy
    step = plan_step(
        version.stage,
        change.to_stage,
        allowed=policy.transitions[version.stage],
        has_been_in_production=version.has_been_in_production,
    )
    step = Step.ROLLBACK if is_rollback else step
    is_exclusive = change.to_stage in policy.exclusive
    return Transition(
        version=version,
        from_stage=version.stage,
        to_stage=change.to_stage,
        step=step,
        archived=tx.versions.in_stage(version.model_id, change.to_stage) if is_exclusive else (),
        checklist=check(tx, policy, version, step, change.to_stage),
        reason=change.reason,
    )


def take_step(tx: Transaction, principal: Principal, model: RegisteredModel, planned: Transition) -> Transition:
    """Do what was planned in this transaction, which holds the model; an approved request for it is closed.

    Raises:
        ApprovalRequired, GateFailed: as `change_stage`.
    """
    require_passed(planned.version, planned.to_stage, planned.checklist)
    number = planned.version.number
    for displaced in planned.archived:
        replaced = StageChange(from_stage=planned.to_stage, to_stage=Stage.ARCHIVED, reason=f"replaced by {number}")
        _set_stage(tx, principal, model, displaced, replaced, {"step": Step.ARCHIVE})
    change = StageChange(from_stage=planned.from_stage, to_stage=planned.to_stage, reason=planned.reason)
    _set_stage(tx, principal, model, number, change, _grounds(planned))
    request = planned.checklist.request
    if request is not None:
        done = Closing(status=RequestStatus.EXECUTED, at=tx.now, by=principal.name, reason="")
        tx.requests.close(request.id, done)
    tx.models.touch(model.id, by=principal.name, at=tx.now)
    return replace(planned, version=tx.versions.get(model.name, ByNumber(number)))


def _require_stage(version: ModelVersion, expected: Stage | None) -> None:
    if expected is not None and expected is not version.stage:
        raise StageConflict(
            f"version {version.number} is in {version.stage}, not in {expected}",
            hint="Someone moved it in the meantime; look at it again.",
            details={"stage": version.stage.value, "expected": expected.value},
        )


def _grounds(planned: Transition) -> Mapping[str, JsonValue]:
    """Why it could be done: the history keeps what the gates saw, and which request was approved."""
    grounds: dict[str, JsonValue] = {"step": planned.step.value}
    if planned.checklist.gates:
        grounds["gates"] = [checked.document() for checked in planned.checklist.gates]
    if planned.checklist.request is not None:
        grounds["request"] = planned.checklist.request.id
    return grounds


def _set_stage(
    tx: Transaction,
    principal: Principal,
    model: RegisteredModel,
    number: int,
    change: StageChange,
    grounds: Mapping[str, JsonValue],
) -> None:
    tx.versions.set_stage(model.id, number, change.to_stage, by=principal.name, at=tx.now)
    record(
        tx,
        principal,
        Action.VERSION_STAGE_CHANGED,
        model,
        version=number,
        before={"stage": change.from_stage},
        after={"stage": change.to_stage, **grounds},
        reason=change.reason,
    )
