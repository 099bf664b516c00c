"""The shape of a query: its tree with the values taken out.

Queries that differ in nothing else share a shape, and one statement, built and compiled once, finds what each asks for.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import BigInteger, BindParameter, Double, bindparam
from sqlalchemy import Text as PlainText

from modelyard.domain.query.letter_case import folded
from modelyard.domain.query.syntax import Among, And, Comparison, Expression, Not, Numeral, Or, Value, Words
from modelyard.infrastructure.database.dialects import LONGEST_INDEXED
from modelyard.infrastructure.database.moments import to_ms
from modelyard.infrastructure.database.vocabulary import Needle

Values: TypeAlias = Mapping[str, str | int | float]
"""What is to be looked for, by the names of parameters."""

ESCAPE = "/"
"""Stands before a character that is no wildcard, in the parameter of `Slot.part`."""


class Slot(str):
    """Stands in a tree where a value was; equal slots are those whose values one statement can hold.

    It is text, since trees hold text, and the text tells all that statements depend on.
    """

    def __new__(cls, place: int, value: Value, known: Mapping[str, Needle]) -> "Slot":
        """Of the value at some place in a tree; `known` are the texts that an index of words can find."""
        text = value if isinstance(value, str) else value.text if isinstance(value, Numeral) else ""
        wanted = folded(text)
        kind = "text" if isinstance(value, str) else type(value).__name__
        needle = known.get(wanted)
        signs = {
            "ascii": wanted.isascii(),
            "short": len(text) <= LONGEST_INDEXED,
            "needle": needle is not None,
            "word": needle is not None and needle.is_exact,
        }
        slot = super().__new__(cls, " ".join((f"v{place}", kind, *(sign for sign, holds in signs.items() if holds))))
        slot._name, slot._is_float = f"v{place}", isinstance(value, float)
        slot.is_text, slot.is_numeral = isinstance(value, str), isinstance(value, Numeral)
        slot.is_ascii, slot.is_short, slot.is_needle, slot.is_word = signs.values()
        return slot

    _name: str
    _is_float: bool
    is_text: bool
    is_numeral: bool
    """Whether the value is a number or the very text."""
    is_ascii: bool
    is_short: bool
    """Whether indexes of values hold text as long as this."""
    is_needle: bool
    """Whether the index of words is to be asked for it."""
    is_word: bool
    """Whether the index of words finds nothing else."""

    @property
    def value(self) -> BindParameter[str] | BindParameter[int] | BindParameter[float]:
        """The value itself, a moment in milliseconds; of a numeral the text."""
        if self.is_text or self.is_numeral:
            return bindparam(self._name, type_=PlainText)
        return bindparam(self._name, type_=Double) if self._is_float else bindparam(self._name, type_=BigInteger)

    @property
    def number(self) -> BindParameter[float]:
        """Of a numeral."""
        return bindparam(f"{self._name}_number", type_=Double)

    @property
    def folded(self) -> BindParameter[str]:
        """The text in small letters."""
        return bindparam(self.folded_name, type_=PlainText)

    @property
    def folded_name(self) -> str:
        """The parameter of `folded`."""
        return f"{self._name}_folded"

    @property
    def part(self) -> BindParameter[str]:
        """The text in small letters, for LIKE."""
        return bindparam(f"{self._name}_part", type_=PlainText)


def opened(expression: Expression, known: Mapping[str, Needle]) -> tuple[Expression, dict[str, str | int | float]]:
    """The shape of an expression, and what its slots stand for; `known` are texts that the index of words can find."""
    values: dict[str, str | int | float] = {}
    return _opened(expression, values, known), values


def slot_of(value: Value) -> Slot:
    """What stands in a shape where other trees have a value."""
    assert isinstance(value, Slot), value  # noqa: S101 - a tree that was not opened
    return value


def _opened(expression: Expression, values: dict[str, str | int | float], known: Mapping[str, Needle]) -> Expression:
    match expression:
        case Words(text):
            return Words(_slot(text, values, known))
        case Comparison(field, operator, value):
            return Comparison(field, operator, _slot(value, values, known))
        case Among(field, several):
            return Among(field, tuple(_slot(value, values, known) for value in several))
        case And(operands):
            return And(tuple(_opened(operand, values, known) for operand in operands))
        case Or(operands):
            return Or(tuple(_opened(operand, values, known) for operand in operands))
        case Not(operand):
            return Not(_opened(operand, values, known))
        case _:
            return expression


def _slot(value: Value, values: dict[str, str | int | float], known: Mapping[str, Needle]) -> Slot:
    slot = Slot(len(values), value, known)
    name = f"v{len(values)}"
    match value:
        case Numeral(text):
            values |= {name: text, f"{name}_number": value.number}
        case datetime():
            values[name] = to_ms(value)
        case str():
            wanted = folded(value)
            escaped = wanted.translate(_WILDCARDS)
            values |= {name: str(value), f"{name}_folded": wanted, f"{name}_part": escaped}
        case _:
            values[name] = value
    return slot


_WILDCARDS = str.maketrans({sign: f"{ESCAPE}{sign}" for sign in ("%", "_", ESCAPE)})
