"""A gate: a condition with a name, and how it is held against a version."""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal
from typing import Any

from modelyard.domain.event import rfc3339
from modelyard.domain.gates.expression import (
    PRODUCTION,
    AllOf,
    AnyOf,
    Arithmetic,
    Condition,
    Literal,
    Match,
    Membership,
    Named,
    Not,
    Operand,
    Present,
    Relating,
    Relation,
    Sign,
    Value,
)
from modelyard.domain.gates.facts import Facts
from modelyard.domain.gates.parser import parse_condition
from modelyard.domain.json_value import JsonObject, JsonValue

_EXACT = Context(prec=400, traps=[])
"""Enough for a product of all that fits into a condition to stay exact, but for the wildest."""

_SHOWN = 200
"""Characters of a text that are shown; a card may have 64 KiB."""

_NO_PRODUCTION = "No version is in production, so what is compared with it passes."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a version has to fulfil. `name` is for people; `expression` is the text of a condition.

    Raises:
        QuerySyntaxError: when made, for an expression that does not parse.
    """

    name: str
    expression: str

    def __post_init__(self) -> None:
        parse_condition(self.expression)

    @property
    def names_production(self) -> bool:
        """Whether it may look at the version in production."""
        return PRODUCTION in self.expression

    def check(self, candidate: Facts, production: Facts | None) -> "Checked":
        """Hold it against a version beside the one that is in production now, if there is one.

        It passes only when the condition is known to hold. A comparison with a value that is not there is neither true
        nor false, nor is its opposite. A comparison with production passes where nothing is in production.
        """
        look = _Look(candidate, production)
        is_passed = look.holds(parse_condition(self.expression), is_negated=False) is True
        return Checked(gate=self, passed=is_passed, values=look.values, notes=tuple(dict.fromkeys(look.notes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A gate that was held against a version: the values that it saw, by field as written, and what to know of them."""

    gate: Gate
    passed: bool
    values: Mapping[str, JsonValue]
    notes: tuple[str, ...]

    def document(self) -> JsonObject:
        """As answers, refusals and events show it."""
        return {
            "name": self.gate.name,
            "expression": self.gate.expression,
            "passed": self.passed,
            "values": self.values,
            "notes": list(self.notes),
        }


@dataclass(slots=True)
class _Look:
    """One evaluation, in Kleene's logic of three values: None is what cannot be known."""

    candidate: Facts
    production: Facts | None
    values: dict[str, JsonValue] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def holds(self, condition: Condition, *, is_negated: bool) -> bool | None:
        """Whether it holds; negated, whether its opposite does. Negations move inwards, down to the comparisons."""
        match condition:
            case Not(inner):
                return self.holds(inner, is_negated=not is_negated)
            case AllOf(inner) | AnyOf(inner):
                is_all = isinstance(condition, AllOf) is not is_negated
                return _joined([self.holds(each, is_negated=is_negated) for each in inner], is_all=is_all)
            case Present(named):
                return (self._value(named) not in {None, ""}) is not is_negated
            case Match(named, text):
                return self._compared([named], lambda: self._facts(named).text(named) == text, is_negated)
            case Membership(operand, values):
                return self._compared([operand], lambda: _is_among(self._of(operand), values), is_negated)
            case Relation(left, relating, right):
                return self._compared([left, right], lambda: self._related(left, relating, right), is_negated)

    def _compared(
        self, operands: Iterable[Operand], compare: Callable[[], bool | None], is_negated: bool
    ) -> bool | None:
        fields = [named for operand in operands for named in _fields_of(operand)]
        if self.production is None and any(named.is_production for named in fields):
            self.notes.append(_NO_PRODUCTION)
            for named in fields:
                self._value(named)
            return True
        missing = [named.text for named in fields if self._value(named) is None]
        if missing:
            self.notes.extend(f"{text} is not there." for text in missing)
            return None
        result = compare()
        return None if result is None else result is not is_negated

    def _related(self, left: Operand, relating: Relating, right: Operand) -> bool | None:
        one, other = self._of(left), self._of(right)
        if one is None or other is None:
            return None
        if relating is Relating.CONTAINS:
            if isinstance(one, str) and isinstance(other, str):
                return other.casefold() in one.casefold()
        elif type(one) is type(other) and not (relating not in _ANY_KIND and isinstance(one, str | bool)):
            return _RELATED[relating](one, other)
        self.notes.append(f"{_shown(one)} and {_shown(other)} cannot be compared by {relating}.")
        return None

    def _of(self, operand: Operand) -> Value | None:
        match operand:
            case Named():
                return self._value(operand)
            case Literal(value):
                return value
            case Arithmetic(sign, left, right):
                one, other = self._of(left), self._of(right)
                if isinstance(one, Decimal) and isinstance(other, Decimal):
                    return _DONE[sign](one, other)
                self.notes.append("Arithmetic is done with numbers.")
                return None

    def _value(self, named: Named) -> Value | None:
        facts = self.production if named.is_production else self.candidate
        value = None if facts is None else facts.value(named)
        self.values[named.text] = _json_of(value)
        return value

    def _facts(self, named: Named) -> Facts:
        return self.production if named.is_production and self.production is not None else self.candidate


_ANY_KIND = frozenset({Relating.EQUAL, Relating.UNEQUAL})
_RELATED: Mapping[Relating, Callable[[Any, Any], bool]] = {  # of one type, as types cannot say
    Relating.EQUAL: operator.eq,
    Relating.UNEQUAL: operator.ne,
    Relating.GREATER: operator.gt,
    Relating.AT_LEAST: operator.ge,
    Relating.LESS: operator.lt,
    Relating.AT_MOST: operator.le,
}
_DONE: Mapping[Sign, Callable[[Decimal, Decimal], Decimal]] = {
    Sign.PLUS: _EXACT.add,
    Sign.MINUS: _EXACT.subtract,
    Sign.TIMES: _EXACT.multiply,
}


def _is_among(value: Value | None, values: Iterable[Value]) -> bool:
    """True is no number here, though Python takes it for one."""
    return any(type(value) is type(each) and value == each for each in values)


def _fields_of(operand: Operand) -> list[Named]:
    match operand:
        case Named():
            return [operand]
        case Arithmetic(_, left, right):
            return [*_fields_of(left), *_fields_of(right)]
        case _:
            return []


def _joined(results: list[bool | None], *, is_all: bool) -> bool | None:
    deciding = not is_all
    if deciding in results:
        return deciding
    return None if None in results else is_all


def _json_of(value: Value | None) -> JsonValue:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)
    if isinstance(value, datetime):
        return rfc3339(value)
    is_long = isinstance(value, str) and len(value) > _SHOWN
    return f"{value[:_SHOWN]}…" if is_long and isinstance(value, str) else value


def _shown(value: Value) -> str:
    return f'"{value[:60]}"' if isinstance(value, str) else str(_json_of(value))
