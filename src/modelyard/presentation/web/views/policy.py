"""A policy in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from modelyard.application.services.governing import Governing
from modelyard.domain.lifecycle import Stage
from modelyard.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """What entering a stage needs: gates by name and expression, and how many people's consent."""

    target: str
    gates: tuple[tuple[str, str], ...]
    approvals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """Where it is from, what it asks, and what else it says."""

    source: str
    targets: tuple[TargetView, ...]
    notes: tuple[str, ...]


def policy_view(held: Governing) -> PolicyView:
    """The policy that holds for a model."""
    policy = held.policy
    named = [target for target in (*(stage.value for stage in Stage), "rollback") if _is_asked(policy, target)]
    return PolicyView(
        source=_source(held),
        targets=tuple(
            TargetView(
                target=target,
                gates=tuple((gate.name, gate.expression) for gate in policy.gates.get(target, ())),
                approvals=policy.approvals.get(target, 0),
            )
            for target in named
        ),
        notes=tuple(_notes(policy)),
    )


def _is_asked(policy: Policy, target: str) -> bool:
    return bool(policy.gates.get(target) or policy.approvals.get(target))


def _source(held: Governing) -> str:
    if held.stored is None:
        return "the built-in policy"
    return "a policy of its own" if held.stored.pattern is None else f"the policy of {held.stored.pattern}"


def _notes(policy: Policy) -> Iterator[str]:
    for stage in (Stage.STAGING, Stage.PRODUCTION):
        if stage in policy.exclusive:
            yield f"One version at a time is in {stage}: the next archives the last."
    if Stage.PRODUCTION in policy.transitions[Stage.DRAFT]:
        yield "A draft may go to production without staging."
    for stage in Stage:
        if not policy.transitions[stage]:
            yield f"No version leaves {stage}."
