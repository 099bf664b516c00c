"""What a change of stage is held against: the gates and approvals of the policy."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.application.ports.database import Transaction
from modelyard.domain.approval import Agreed, ApprovalRequest, RequestStatus
from modelyard.domain.errors import VersionNotFound
from modelyard.domain.gates.facts import Facts
from modelyard.domain.gates.gate import Checked, Gate
from modelyard.domain.lifecycle import Stage, Step
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.policy import Policy
from modelyard.domain.promotion_errors import ApprovalRequired, GateFailed
from modelyard.domain.reference import ByStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """What a step needs, and what of it is there. `request` is the open request whose approvals count."""

    gates: Sequence[Checked]
    needed: int
    request: ApprovalRequest | None

    @property
    def given(self) -> int:
        """How many have approved."""
        return len(self.request.approvals) if self.request else 0

    @property
    def is_passed(self) -> bool:
        """Whether the step can be taken."""
        return self.given >= self.needed and all(checked.passed for checked in self.gates)


def check(tx: Transaction, policy: Policy, version: ModelVersion, step: Step, to_stage: Stage) -> Checklist:
    """Hold a version against what the policy asks of a step, as all of it is at this moment."""
    needed = policy.approvals_of(step, to_stage)
    gates = policy.gates_of(step, to_stage)
    request = open_request(tx, policy, version, to_stage)
    given = len(request.approvals) if request else 0
    checked = _checked(tx, gates, version, given) if gates else ()
    return Checklist(gates=checked, needed=needed, request=request)


def open_request(tx: Transaction, policy: Policy, version: ModelVersion, to_stage: Stage) -> ApprovalRequest | None:
    """The request for this step that still stands."""
    request = tx.requests.unclosed(version.id, to_stage)
    if request is None or request.standing(tx.now, Agreed.on(version, policy))[0] is not RequestStatus.OPEN:
        return None
    return request


def require_passed(version: ModelVersion, to_stage: Stage, checklist: Checklist) -> None:
    """Let a step be taken that has all it needs.

    Raises:
        ApprovalRequired: fewer people have approved than the policy wants.
        GateFailed: a gate does not pass.
    """
    documents = [checked.document() for checked in checklist.gates]
    named = f"{version.model}:{version.number}"
    if checklist.given < checklist.needed:
        raise ApprovalRequired(
            f"{named} needs {checklist.needed} approvals to go to {to_stage}, and has {checklist.given}",
            hint=(
                f"Ask for it with POST /models/{version.model}/requests, and let others approve."
                if checklist.request is None
                else f"Request {checklist.request.id} waits for approval."
            ),
            details={"needed": checklist.needed, "given": checklist.given, "gates": documents},
        )
    failed = [checked.gate.name for checked in checklist.gates if not checked.passed]
    if failed:
        raise GateFailed(
            f"{named} does not pass {len(failed)} of {len(documents)} gates of {to_stage}: {', '.join(failed)[:300]}",
            hint="`gates` shows what each saw.",
            details={"gates": documents},
        )


def _checked(tx: Transaction, gates: Sequence[Gate], version: ModelVersion, given: int) -> Sequence[Checked]:
    candidate = _facts(tx, version, approvals=given)
    production = _in_production(tx, version.model) if any(gate.names_production for gate in gates) else None
    return [gate.check(candidate, production) for gate in gates]


def _in_production(tx: Transaction, model: str) -> Facts | None:
    try:
        return _facts(tx, tx.versions.get(model, ByStage(Stage.PRODUCTION)))
    except VersionNotFound:
        return None


def _facts(tx: Transaction, version: ModelVersion, approvals: int = 0) -> Facts:
    metrics = {str(point.key): point.value for point in tx.metrics.latest(version.id)}
    return Facts(version=version, metrics=metrics, approvals=approvals)
