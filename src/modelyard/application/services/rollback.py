"""Back to the version that was in production before."""

from dataclasses import dataclass

from modelyard.application.ports.database import Transaction
from modelyard.application.queries.places import entries_into, usable
from modelyard.application.services.promotion import StageChange, Transition, plan_step_of, take_step
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.principal import Principal
from modelyard.domain.promotion_errors import NothingToRollBackTo
from modelyard.domain.reference import ByNumber
from modelyard.domain.registered_model import RegisteredModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """What is asked for. Without `to_version` it goes to the version before."""

    to_version: int | None = None
    reason: str = ""


def roll_back(tx: Transaction, principal: Principal, model_name: str, wanted: Rollback) -> Transition:
    """Put an earlier version into production again, and archive the one that is there, where production holds one.

    It is held against the policy's gates and approvals of `rollback`, and no others.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
        NothingToRollBackTo: no other version was in production, or the named one never was.
        TransitionRefused: the version is there already, or the policy lets it not go there from where it is.
        ApprovalRequired, GateFailed: the policy asks for more than is there.
    """
    model = tx.models.get_to_change(model_name)
    return take_step(tx, principal, model, _planned(tx, model, wanted))


def plan_rollback(tx: Transaction, model_name: str, wanted: Rollback) -> Transition:
    """What a rollback would do now, with the checklist; nothing is done.

    Raises:
        ModelNotFound, VersionNotFound, NothingToRollBackTo, TransitionRefused: as `roll_back`.
    """
    return _planned(tx, tx.models.get(model_name), wanted)


def _planned(tx: Transaction, model: RegisteredModel, wanted: Rollback) -> Transition:
    target = _target(tx, model, wanted.to_version)
    change = StageChange(to_stage=Stage.PRODUCTION, reason=wanted.reason)
    return plan_step_of(tx, model, target, change, is_rollback=True)


def _target(tx: Transaction, model: RegisteredModel, number: int | None) -> ModelVersion:
    if number is None:
        return _before(tx, model)
    version = tx.versions.get(model.name, ByNumber(number))
    if not version.has_been_in_production:
        raise NothingToRollBackTo(
            f"{model.name}:{number} was never in production", hint="Promote it, or name a version that was there."
        )
    return version


def _before(tx: Transaction, model: RegisteredModel) -> ModelVersion:
    """The version under the last one that entered production, unless it is there already or has been deleted."""
    stack = _stack(tx, model.id)
    left = {*stack[-1:], *tx.versions.in_stage(model.id, Stage.PRODUCTION)}
    for number in reversed(stack[:-1]):
        version = None if number in left else usable(tx, model.name, number)
        if version is not None:
            return version
    raise NothingToRollBackTo(
        f"no other version of {model.name} was in production before",
        hint="Promote one, or name a version that was there in `to_version`.",
    )


def _stack(tx: Transaction, model_id: int) -> list[int]:
    """The versions that entered production.

    A promotion lays one on top. A rollback takes off what lies above its target, so that the next one goes further
    back, and not to the version that was just left.
    """
    stack: list[int] = []
    for entry in reversed(list(entries_into(tx, model_id, Stage.PRODUCTION))):
        if entry.is_rollback and entry.version in stack:
            del stack[len(stack) - stack[::-1].index(entry.version) :]
        else:
            stack.append(entry.version)
    return stack
