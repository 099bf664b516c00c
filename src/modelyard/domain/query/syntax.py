"""The syntax tree of a query: what was asked for, free of how it was written."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias


class Operator(StrEnum):
    """How a field is compared with a value; the member's value is its sign in the text."""

    IS = ":"


@dataclass(frozen=True, slots=True)
class Field:
    """What is compared: `stage` is `Field("stage")`, `tag.team` is `Field("tag", "team")`.

    `root` is a name of the registry of fields. `key` is what the user means, without quotes or escapes: dots in it are
    plain characters, and it is never empty. It is None exactly where the field takes no key.
    """

    root: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """Text that must occur somewhere: one bare word, or a quoted phrase with its spaces. Never blank."""

    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field set against a value of the field's kind: `str` for text, `Stage` for a stage, `int` for an integer.

    `*` is a plain character here, as are `%` and `_`; "any value" is `Present`.
    """

    field: Field
    operator: Operator
    value: str | int


@dataclass(frozen=True, slots=True)
class Present:
    """The field is there, with any value: `tag.legacy:*`."""

    field: Field


@dataclass(frozen=True, slots=True)
class And:
    """All operands hold; without operands that is true of everything.

    The parser makes it flat: it never holds another `And`, and never just one operand.
    """

    operands: tuple["Expression", ...]


Expression: TypeAlias = Words | Comparison | Present | And

EVERYTHING: Final = And(())
"""What an empty query asks for."""
