"""The syntax tree of a query: what was asked for, free of how it was written."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias


class Operator(StrEnum):
    """How a field is compared with a value; the member's value is its sign in the text, `=` being another `:`."""

    IS = ":"
    IS_NOT = "!="
    GREATER = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="
    CONTAINS = "~"


@dataclass(frozen=True, slots=True)
class Field:
    """What is compared: `stage` is `Field("stage")`, `tag.team` is `Field("tag", "team")`.

    `root` is a name of the registry of fields. `key` is what the user means, without quotes or escapes: dots in it are
    plain characters, and it is never empty. It is None exactly where the field takes no key.
    """

    root: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as it was written, for a field whose values are numbers or text: it means either."""

    text: str

    @property
    def number(self) -> float:
        """Its value, which is finite."""
        return float(self.text)


Value: TypeAlias = str | int | float | datetime | Numeral


@dataclass(frozen=True, slots=True)
class Words:
    """Text that must occur somewhere: one bare word, or a quoted phrase with its spaces. Never blank."""

    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field set against a value of the field's kind.

    That is `str` for text, `Stage` for a stage, `int` for an integer, `float` for a number, an aware `datetime` for a
    moment; for a field of any kind `Numeral` or `str`. `*` is a plain character here, as are `%` and `_`; "any value"
    is `Present`. It is about what is there: where there is no value, no comparison holds, `!=` included.
    """

    field: Field
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Among:
    """The field has one of these values, of which there is at least one; each as in a `Comparison`."""

    field: Field
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Present:
    """The field is there, with any value: `tag.legacy:*`, `has:tag.legacy`."""

    field: Field


@dataclass(frozen=True, slots=True)
class And:
    """All operands hold; without operands that is true of everything.

    The parser makes it flat: it never holds another `And`, and never just one operand.
    """

    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of the operands holds. The parser makes it flat: at least two operands, none an `Or`."""

    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The operand does not hold: whatever it does not find. The parser never puts one into another."""

    operand: "Expression"


Term: TypeAlias = Words | Comparison | Among | Present
Expression: TypeAlias = Term | And | Or | Not

EVERYTHING: Final = And(())
"""What an empty query asks for."""
