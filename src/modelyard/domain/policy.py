"""Policies: which steps the versions of a model may take, and what they need for them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from modelyard.domain.errors import FieldError, InvalidInput, QuerySyntaxError
from modelyard.domain.gates.gate import Gate
from modelyard.domain.json_value import JsonObject, child_pointer
from modelyard.domain.lifecycle import STEPS, Stage, Step
from modelyard.domain.names import MAX_MODEL_NAME, check_model_name, text_faults

MAX_GATES = 50
MAX_GATE_NAME = 100
MAX_APPROVALS = 10
ROLLBACK = "rollback"
"""Stands beside the stages: a rollback is held against its own gates alone, and needs its own approvals."""

DEFAULT_TRANSITIONS: Mapping[Stage, frozenset[Stage]] = MappingProxyType(
    {
        source: frozenset(
            target for start, target in STEPS if start is source and (start, target) != (Stage.DRAFT, Stage.PRODUCTION)
        )
        for source in Stage
    }
)
"""Every step but the one that skips staging."""

_EXCLUSIVE = frozenset({Stage.STAGING, Stage.PRODUCTION})
_TARGETS = frozenset({*Stage, ROLLBACK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a model's versions may do.

    `exclusive` stages hold one version at a time: the next archives the last. `gates` and `approvals` (of how many
    people) are those of a stage that is entered, or of `rollback`.

    Raises:
        InvalidInput: when made, against a rule; its errors name the place in the document.
    """

    transitions: Mapping[Stage, frozenset[Stage]] = field(default_factory=lambda: DEFAULT_TRANSITIONS)
    exclusive: frozenset[Stage] = frozenset({Stage.PRODUCTION})
    gates: Mapping[str, Sequence[Gate]] = field(default_factory=dict)
    approvals: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = [*self._faults_of_steps(), *self._faults_of_gates(), *self._faults_of_approvals()]
        if faults:
            raise InvalidInput(f"{faults[0].pointer} {faults[0].message}", errors=faults)

    def gates_of(self, step: Step, to_stage: Stage) -> Sequence[Gate]:
        """What such a step is held against."""
        return self.gates.get(_target(step, to_stage), ())

    def approvals_of(self, step: Step, to_stage: Stage) -> int:
        """How many people have to approve such a step."""
        return self.approvals.get(_target(step, to_stage), 0)

    def document(self) -> JsonObject:
        """As it is kept, shown and recorded; `policy_of` reads it back."""
        return {
            "transitions": {source.value: _sorted(self.transitions[source]) for source in Stage},
            "exclusive": _sorted(self.exclusive),
            "gates": {
                target: [{"name": gate.name, "expression": gate.expression} for gate in gates]
                for target, gates in self.gates.items()
                if gates
            },
            "approvals": {target: count for target, count in self.approvals.items() if count},
        }

    def _faults_of_steps(self) -> list[FieldError]:
        faults = [
            FieldError(pointer=f"/transitions/{source}", message=f"there is no step from {source} to {target}")
            for source, targets in self.transitions.items()
            for target in sorted(targets)
            if (source, target) not in STEPS
        ]
        if self.exclusive - _EXCLUSIVE:
            faults.append(FieldError(pointer="/exclusive", message="takes staging and production alone"))
        return faults

    def _faults_of_gates(self) -> list[FieldError]:
        faults = []
        for target, gates in self.gates.items():
            pointer = child_pointer("/gates", target)
            if target not in _TARGETS:
                faults.append(FieldError(pointer=pointer, message=f"is none of {', '.join(sorted(_TARGETS))}"))
            if len(gates) > MAX_GATES:
                faults.append(FieldError(pointer=pointer, message=f"must have at most {MAX_GATES} gates"))
            names = [gate.name for gate in gates]
            for index, name in enumerate(names):
                messages = list(text_faults(name, longest=MAX_GATE_NAME))
                if name in names[:index]:
                    messages.append(f"is the name of two gates: {name}")
                faults += [FieldError(pointer=f"{pointer}/{index}/name", message=message) for message in messages]
        return faults

    def _faults_of_approvals(self) -> list[FieldError]:
        return [
            FieldError(pointer=child_pointer("/approvals", target), message=f"must be 0 to {MAX_APPROVALS} of a stage")
            for target, count in self.approvals.items()
            if target not in _TARGETS or not 0 <= count <= MAX_APPROVALS
        ]


DEFAULT_POLICY = Policy()
"""What holds where nobody has set a policy."""


def policy_of(document: JsonObject) -> Policy:
    """The policy that a document describes; what it leaves out is as in the default.

    Raises:
        InvalidInput: it breaks a rule; an expression that does not parse is named with its position.
    """
    held = cast("Mapping[str, Mapping[str, Sequence[Mapping[str, str]]]]", document)
    transitions = {
        **DEFAULT_TRANSITIONS,
        **{
            Stage(source): frozenset(Stage(str(target)) for target in targets)
            for source, targets in held.get("transitions", {}).items()
        },
    }
    exclusive = document.get("exclusive")
    gates = {
        target: [_gate(each, f"{child_pointer('/gates', target)}/{index}") for index, each in enumerate(listed)]
        for target, listed in held.get("gates", {}).items()
    }
    return Policy(
        transitions=transitions,
        exclusive=(
            DEFAULT_POLICY.exclusive
            if exclusive is None
            else frozenset(Stage(str(stage)) for stage in cast("Sequence[str]", exclusive))
        ),
        gates=gates,
        approvals=cast("Mapping[str, int]", document.get("approvals", {})),
    )


def _gate(document: Mapping[str, str], pointer: str) -> Gate:
    try:
        return Gate(name=document["name"], expression=document["expression"])
    except QuerySyntaxError as error:
        message = f"{error.message}, at position {error.details['position']}. {error.hint}"
        raise InvalidInput(
            f"the gate {document['name'][:100]!r} does not parse: {error.message}",
            hint=error.hint,
            errors=[FieldError(pointer=f"{pointer}/expression", message=message)],
            details=error.details,
        ) from error


def check_pattern(text: str) -> str:
    """Take a glob of model names: a name in which `*` stands for any characters, at least once.

    Raises:
        InvalidInput: it is none.
    """
    if "*" not in text:
        message = "has no *; the policy of one model is at /models/{model}/policy"
        raise InvalidInput(f"{text[:100]!r} {message}", errors=[FieldError(pointer="name", message=message)])
    return check_model_name(text, "name")


def matches(pattern: str, name: str) -> bool:
    """Whether a glob covers a model's name."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None


def specificity(pattern: str) -> tuple[int, int, str]:
    """Of two globs that cover a name, the greater one wins: by characters other than `*`, by fewer `*`, by order."""
    stars = pattern.count("*")
    return len(pattern) - stars, MAX_MODEL_NAME - stars, pattern


def _target(step: Step, to_stage: Stage) -> str:
    return ROLLBACK if step is Step.ROLLBACK else to_stage.value


def _sorted(stages: frozenset[Stage]) -> list[str]:
    return [stage.value for stage in Stage if stage in stages]
