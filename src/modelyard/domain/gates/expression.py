"""The syntax tree of a gate's condition, and the fields that it may name."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum, auto
from types import MappingProxyType
from typing import TypeAlias

Value: TypeAlias = bool | Decimal | str | datetime
"""What is compared. Numbers are decimal, as people write them: 0.93 - 0.005 is 0.925."""


class Kind(StrEnum):
    """What a value is; `ANY` is known only when a version is looked at."""

    NUMBER = auto()
    TEXT = auto()
    MOMENT = auto()
    FLAG = auto()
    ANY = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field: `is_keyed` ones are written with a key (`tag.team`), others never."""

    name: str
    kind: Kind = Kind.TEXT
    is_keyed: bool = False
    is_of_candidate: bool = False
    """What the version in production does not have."""

    @property
    def pattern(self) -> str:
        """How it is written, for a person."""
        return f"{self.name}.<k>" if self.is_keyed else self.name


FIELDS = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            FieldSpec(name="metric", kind=Kind.NUMBER, is_keyed=True),
            FieldSpec(name="tag", is_keyed=True),
            FieldSpec(name="param", kind=Kind.ANY, is_keyed=True),
            FieldSpec(name="meta", kind=Kind.ANY, is_keyed=True),
            FieldSpec(name="files", kind=Kind.NUMBER, is_keyed=True),
            FieldSpec(name="lineage", kind=Kind.ANY, is_keyed=True),
            FieldSpec(name="card"),
            FieldSpec(name="description"),
            FieldSpec(name="framework"),
            FieldSpec(name="owner"),
            FieldSpec(name="stage"),
            FieldSpec(name="digest"),
            FieldSpec(name="number", kind=Kind.NUMBER),
            FieldSpec(name="size", kind=Kind.NUMBER),
            FieldSpec(name="created", kind=Kind.MOMENT),
            FieldSpec(name="updated", kind=Kind.MOMENT),
            FieldSpec(name="approvals", kind=Kind.NUMBER, is_of_candidate=True),
        )
    }
)
"""All fields by name. `files.count` and `files.size_bytes` sum up; any other key of `files` is a path."""

PRODUCTION = "production"
"""What stands before a field of the version that is in production now."""


class Relating(StrEnum):
    """How two values are compared; `~` finds text within text, whatever the letter case."""

    EQUAL = "="
    UNEQUAL = "!="
    GREATER = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="
    CONTAINS = "~"


class Sign(StrEnum):
    """What arithmetic does."""

    PLUS = "+"
    MINUS = "-"
    TIMES = "*"


@dataclass(frozen=True, slots=True)
class Named:
    """A field of the candidate, or of the version in production; `text` is how it was written."""

    text: str
    spec: FieldSpec
    key: str
    is_production: bool


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in the text."""

    value: Value


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers made one."""

    sign: Sign
    left: "Operand"
    right: "Operand"


@dataclass(frozen=True, slots=True)
class Relation:
    """Two operands compared."""

    left: "Operand"
    relating: Relating
    right: "Operand"


@dataclass(frozen=True, slots=True)
class Membership:
    """An operand that is one of some values."""

    operand: "Operand"
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """`field:value`: the field reads exactly so, as the version shows it."""

    field: Named
    text: str


@dataclass(frozen=True, slots=True)
class Present:
    """The field is there; a text that is empty is not."""

    field: Named


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of some conditions, at least two."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One or more of some conditions, at least two."""

    conditions: tuple["Condition", ...]


Operand: TypeAlias = Named | Literal | Arithmetic
Condition: TypeAlias = Relation | Membership | Match | Present | Not | AllOf | AnyOf
