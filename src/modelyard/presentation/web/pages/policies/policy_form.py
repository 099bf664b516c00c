"""The form of a policy: from a policy to its fields, and from fields to the document of the API."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from modelyard.domain.errors import FieldError, InvalidInput, RegistryError
from modelyard.domain.json_value import JsonObject, JsonValue
from modelyard.domain.lifecycle import STEPS, Stage
from modelyard.domain.policy import MAX_GATES, ROLLBACK, Policy
from modelyard.presentation.api.policies.schemas import PolicyWrite
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.forms import number_in

TARGETS = (Stage.PRODUCTION.value, Stage.STAGING.value, ROLLBACK, Stage.ARCHIVED.value, Stage.DRAFT.value)
"""What gates and approvals are for, the most usual first."""
EXCLUSIVE = (Stage.STAGING.value, Stage.PRODUCTION.value)
MORE = "more"
"""The button that adds a row where no script does."""
_MOST_ROWS = MAX_GATES * len(TARGETS)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """A gate as it stands in the form; one without name and expression is none."""

    target: str = TARGETS[0]
    name: str = ""
    expression: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is written there."""
        return not self.name.strip() and not self.expression.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyForm:
    """What stands in the fields. `steps` are `draft-staging`; numbers of approvals are as they were written."""

    gates: Sequence[GateRow] = ()
    approvals: Mapping[str, str] = field(default_factory=dict)
    exclusive: frozenset[str] = frozenset()
    steps: frozenset[str] = frozenset()

    def policy(self) -> Policy:
        """The policy that they describe.

        Raises:
            InvalidInput: they describe none; its errors have the names of fields as pointers.
        """
        try:
            return validated(PolicyWrite, self._document()).policy()
        except InvalidInput as error:
            raise InvalidInput(error.message, hint=error.hint, errors=list(self._placed(error))) from error

    def _document(self) -> JsonObject:
        gates: dict[str, list[JsonValue]] = {}
        for row in self.gates:
            if not row.is_blank:
                gates.setdefault(row.target, []).append({"name": row.name, "expression": row.expression})
        transitions: dict[str, JsonValue] = {
            source.value: [
                target.value for start, target in STEPS if start is source and _step(source, target) in self.steps
            ]
            for source in Stage
        }
        return {
            "gates": {**gates},
            "approvals": {target: _count(target, text) for target, text in self.approvals.items() if text.strip()},
            "exclusive": sorted(self.exclusive),
            "transitions": transitions,
        }

    def _placed(self, error: RegistryError) -> Iterator[FieldError]:
        """The faults, at the fields that they are of."""
        places: dict[str, list[int]] = {}
        for index, row in enumerate(self.gates):
            if not row.is_blank:
                places.setdefault(row.target, []).append(index)
        for fault in error.errors:
            match fault.pointer.strip("/").split("/"):
                case ["gates", target, place, part]:
                    yield FieldError(pointer=f"gate-{places[target][int(place)]}-{part}", message=fault.message)
                case ["approvals", target]:
                    yield FieldError(pointer=f"approvals-{target}", message=fault.message)
                case parts:
                    yield FieldError(pointer=parts[0], message=fault.message)


def form_of(policy: Policy) -> PolicyForm:
    """The fields that describe a policy."""
    return PolicyForm(
        gates=[
            GateRow(target=target, name=gate.name, expression=gate.expression)
            for target in TARGETS
            for gate in policy.gates.get(target, ())
        ],
        approvals={target: str(count) for target, count in policy.approvals.items() if count},
        exclusive=frozenset(stage.value for stage in policy.exclusive),
        steps=frozenset(_step(source, target) for source, targets in policy.transitions.items() for target in targets),
    )


def sent_form(fields: Mapping[str, str]) -> PolicyForm:
    """What was sent. Rows may have been taken out or added, so their numbers may have gaps."""
    parts = {name.split("-")[1] for name in fields if name.startswith("gate-")}
    numbers = sorted({number for part in parts if (number := number_in(part, digits=9)) is not None})
    return PolicyForm(
        gates=[
            GateRow(
                target=fields.get(f"gate-{number}-target", TARGETS[0]),
                name=fields.get(f"gate-{number}-name", ""),
                expression=fields.get(f"gate-{number}-expression", ""),
            )
            for number in numbers[:_MOST_ROWS]
        ],
        approvals={target: fields.get(f"approvals-{target}", "") for target in TARGETS},
        exclusive=frozenset(stage for stage in EXCLUSIVE if f"exclusive-{stage}" in fields),
        steps=frozenset(name for source, target in STEPS if f"step-{(name := _step(source, target))}" in fields),
    )


def _step(source: Stage, target: Stage) -> str:
    return f"{source.value}-{target.value}"


def _count(target: str, text: str) -> int:
    number = number_in(text.strip(), digits=3)
    if number is None:
        message = "must be a whole number"
        raise InvalidInput(message, errors=[FieldError(pointer=f"/approvals/{target}", message=message)])
    return number
