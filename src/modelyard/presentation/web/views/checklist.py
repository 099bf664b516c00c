"""What a step is held against, as a list with marks."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.application.services.checklist import Checklist
from modelyard.domain.gates.gate import Checked
from modelyard.domain.json_value import JsonValue, plain_json
from modelyard.presentation.web.formats import number_text

_SHOWN = 60
"""Characters of a text that a gate saw; a card may have 64 KiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """A gate: what it wants, whether that is so, and the values that it saw."""

    name: str
    expression: str
    passed: bool
    seen: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistView:
    """All of it. `approvals` is empty where none are needed."""

    gates: tuple[GateView, ...]
    approvals: str
    is_approved: bool
    is_passed: bool
    failed: int


def checklist_view(checklist: Checklist) -> ChecklistView:
    """The list as it stands."""
    approvals = f"{checklist.given} of {checklist.needed} approvals" if checklist.needed else ""
    return ChecklistView(
        gates=tuple(_gate(checked) for checked in checklist.gates),
        approvals=approvals,
        is_approved=checklist.given >= checklist.needed,
        is_passed=checklist.is_passed,
        failed=sum(not checked.passed for checked in checklist.gates),
    )


def _gate(checked: Checked) -> GateView:
    return GateView(
        name=checked.gate.name,
        expression=checked.gate.expression,
        passed=checked.passed,
        seen=_seen(checked.values),
        notes=checked.notes,
    )


def _seen(values: Mapping[str, JsonValue]) -> tuple[tuple[str, str], ...]:
    return tuple((name, _told(value)) for name, value in values.items())


def _told(value: JsonValue) -> str:
    if value is None:
        return "not there"
    if isinstance(value, float):
        return number_text(value)
    text = plain_json(value)
    return "empty" if value == "" else text[:_SHOWN] + ("…" if len(text) > _SHOWN else "")
