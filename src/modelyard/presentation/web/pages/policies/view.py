"""What the pages of policies show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from modelyard.application.ports.policies import StoredPolicy
from modelyard.application.services.governing import Governing
from modelyard.domain.lifecycle import STEPS, Stage
from modelyard.domain.policy import DEFAULT_POLICY, Policy
from modelyard.presentation.web.formats import MomentView, count_text, moment
from modelyard.presentation.web.forms import EMPTY, FormView
from modelyard.presentation.web.links import model_link
from modelyard.presentation.web.pages.policies.condition_check import NOTHING, ConditionCheck, check_condition
from modelyard.presentation.web.pages.policies.policy_form import EXCLUSIVE, TARGETS, GateRow, PolicyForm, form_of


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredView:
    """A policy of a glob, in short: for each stage its gates and how many people have to approve."""

    pattern: str
    href: str
    stages: tuple[tuple[str, str], ...]
    updated: MomentView
    updated_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliciesView:
    """All policies of globs."""

    policies: tuple[StoredView, ...]
    may_edit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """A row of the editor."""

    number: int
    row: GateRow
    check: ConditionCheck
    name_fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A cell of the table of steps. `name` is empty where there is no such step."""

    source: str
    target: str
    name: str
    is_allowed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    """How many people have to approve."""

    target: str
    count: str
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernedView:
    """What a policy is for: the models of a pattern, or one model, whose `pattern` is None.

    `tag` names the state that is edited; `delete_action` is empty where there is nothing to take away.
    """

    title: str
    explanation: str
    pattern: str | None
    action: str
    delete_action: str
    is_new: bool
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """A policy in its editor."""

    of: GovernedView
    may_edit: bool
    form: FormView
    gates: tuple[GateView, ...]
    targets: tuple[str, ...]
    approvals: tuple[ApprovalView, ...]
    exclusive: tuple[tuple[str, bool], ...]
    stages: tuple[str, ...]
    steps: tuple[tuple[StepView, ...], ...]


def policies_view(stored: Sequence[StoredPolicy], *, may_edit: bool, now: datetime) -> PoliciesView:
    """The list."""
    return PoliciesView(policies=tuple(_stored(each, now) for each in stored), may_edit=may_edit)


def pattern_view(
    pattern: str, form: PolicyForm, sent: FormView = EMPTY, *, tag: str, may_edit: bool, extra_rows: int = 0
) -> PolicyView:
    """The policy of a glob in its editor; without a tag, a new one."""
    of = GovernedView(
        title=f"Policy of {pattern}" if tag else "New policy",
        explanation="It holds for all models whose names match, but for those with a policy or a closer pattern.",
        pattern=pattern,
        action="/policies",
        delete_action=f"/policies/{quote(pattern, safe='')}/delete" if tag and may_edit else "",
        is_new=not tag,
        tag=tag,
    )
    return _editor(of, form, sent, may_edit=may_edit, extra_rows=extra_rows)


def model_policy_view(
    model: str, held: Governing, form: PolicyForm, sent: FormView = EMPTY, *, may_edit: bool, extra_rows: int = 0
) -> PolicyView:
    """The policy that holds for a model, in the editor of its own."""
    own = held.stored is not None and held.stored.pattern is None
    action = f"{model_link(model)}/policy"
    of = GovernedView(
        title=f"Policy of {model}",
        explanation=_why(held),
        pattern=None,
        action=action,
        delete_action=f"{action}/delete" if own and may_edit else "",
        is_new=not own,
        tag=held.tag,
    )
    return _editor(of, form, sent, may_edit=may_edit, extra_rows=extra_rows)


def default_form() -> PolicyForm:
    """What holds where nobody has set anything."""
    return form_of(DEFAULT_POLICY)


def _why(held: Governing) -> str:
    if held.stored is None:
        return "The built-in policy holds, since nobody has set another one. Saving gives the model its own."
    if held.stored.pattern is not None:
        return f"The policy of {held.stored.pattern} holds. Saving gives the model its own, which goes before it."
    behind = f" It goes before {', '.join(held.overridden)}." if held.overridden else ""
    return f"The model has its own policy.{behind}"


def _editor(of: GovernedView, form: PolicyForm, sent: FormView, *, may_edit: bool, extra_rows: int) -> PolicyView:
    missing = max(extra_rows, 0 if form.gates else 1) if may_edit else 0
    rows = [*form.gates, *(GateRow() for _ in range(missing))]
    return PolicyView(
        of=of,
        may_edit=may_edit,
        form=sent,
        gates=tuple(_gate(number, row, sent) for number, row in enumerate(rows)),
        targets=TARGETS,
        approvals=tuple(
            ApprovalView(target=target, count=form.approvals.get(target, ""), fault=sent.fault(f"approvals-{target}"))
            for target in TARGETS
        ),
        exclusive=tuple((stage, stage in form.exclusive) for stage in EXCLUSIVE),
        stages=tuple(stage.value for stage in Stage),
        steps=tuple(tuple(_step(source, target, form) for target in Stage) for source in Stage),
    )


def _gate(number: int, row: GateRow, sent: FormView) -> GateView:
    check = check_condition(row.expression) if row.expression else NOTHING
    if not check.message and (fault := sent.fault(f"gate-{number}-expression")):
        check = ConditionCheck(message=fault)
    return GateView(number=number, row=row, check=check, name_fault=sent.fault(f"gate-{number}-name"))


def _step(source: Stage, target: Stage, form: PolicyForm) -> StepView:
    name = f"{source.value}-{target.value}" if (source, target) in STEPS else ""
    return StepView(source=source.value, target=target.value, name=name, is_allowed=name in form.steps)


def _stored(stored: StoredPolicy, now: datetime) -> StoredView:
    pattern = stored.pattern or ""
    return StoredView(
        pattern=pattern,
        href=f"/policies/{quote(pattern, safe='')}",
        stages=tuple(_in_short(stored.policy)),
        updated=moment(stored.updated_at, now),
        updated_by=stored.updated_by,
    )


def _in_short(policy: Policy) -> list[tuple[str, str]]:
    told = []
    for target in TARGETS:
        gates, approvals = len(policy.gates.get(target, ())), policy.approvals.get(target, 0)
        parts = [count_text(gates, "gate")] if gates else []
        parts += [count_text(approvals, "approval")] if approvals else []
        if parts:
            told.append((target, ", ".join(parts)))
    return told
