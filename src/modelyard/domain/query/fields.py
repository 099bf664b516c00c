"""The one registry of the fields that a query may name."""

import difflib
from dataclasses import dataclass
from enum import StrEnum, auto
from types import MappingProxyType

from modelyard.domain.query.syntax import Operator


class Subject(StrEnum):
    """What a query searches."""

    MODELS = auto()
    VERSIONS = auto()


class ValueKind(StrEnum):
    """What the value of a field may be; `ANY` is a number or text, which each version decides for itself."""

    TEXT = auto()
    INTEGER = auto()
    NUMBER = auto()
    MOMENT = auto()
    STAGE = auto()
    ANY = auto()

    @property
    def operators(self) -> frozenset[Operator]:
        """What values of this kind can be compared by."""
        return _OPERATORS[self]


_EQUALITY = frozenset({Operator.IS, Operator.IS_NOT})
_ORDER = frozenset({Operator.GREATER, Operator.AT_LEAST, Operator.LESS, Operator.AT_MOST})
_OPERATORS = {
    ValueKind.TEXT: _EQUALITY | {Operator.CONTAINS},
    ValueKind.INTEGER: _EQUALITY | _ORDER,
    ValueKind.NUMBER: _EQUALITY | _ORDER,
    ValueKind.MOMENT: _EQUALITY | _ORDER,
    ValueKind.STAGE: _EQUALITY,
    ValueKind.ANY: _EQUALITY | _ORDER | {Operator.CONTAINS},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One known field.

    `is_keyed` fields are always written with a key (`tag.team`), others never. `may_be_absent` says that some models or
    versions do not have it, so that `field:*` has a meaning; text that may be absent is so where it is empty, unless it
    has a key.
    """

    name: str
    kind: ValueKind = ValueKind.TEXT
    subjects: frozenset[Subject]
    is_keyed: bool = False
    may_be_absent: bool = False

    @property
    def pattern(self) -> str:
        """How the field is written, for a person: `stage`, `tag.<k>`."""
        return f"{self.name}.<k>" if self.is_keyed else self.name


_BOTH = frozenset(Subject)
_VERSIONS = frozenset({Subject.VERSIONS})

FIELDS = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            FieldSpec(name="model", subjects=_BOTH),
            FieldSpec(name="name", subjects=_BOTH),
            FieldSpec(name="number", subjects=_VERSIONS, kind=ValueKind.INTEGER),
            FieldSpec(name="stage", subjects=_VERSIONS, kind=ValueKind.STAGE),
            FieldSpec(name="alias", subjects=_VERSIONS, may_be_absent=True),
            FieldSpec(name="framework", subjects=_VERSIONS, may_be_absent=True),
            FieldSpec(name="owner", subjects=_BOTH),
            FieldSpec(name="description", subjects=_BOTH, may_be_absent=True),
            FieldSpec(name="card", subjects=_VERSIONS, may_be_absent=True),
            FieldSpec(name="created", subjects=_BOTH, kind=ValueKind.MOMENT),
            FieldSpec(name="updated", subjects=_BOTH, kind=ValueKind.MOMENT),
            FieldSpec(name="size", subjects=_VERSIONS, kind=ValueKind.INTEGER),
            FieldSpec(name="digest", subjects=_VERSIONS),
            FieldSpec(name="tag", subjects=_BOTH, is_keyed=True, may_be_absent=True),
            FieldSpec(name="metric", subjects=_VERSIONS, kind=ValueKind.NUMBER, is_keyed=True, may_be_absent=True),
            FieldSpec(name="param", subjects=_VERSIONS, kind=ValueKind.ANY, is_keyed=True, may_be_absent=True),
            FieldSpec(name="meta", subjects=_VERSIONS, kind=ValueKind.ANY, is_keyed=True, may_be_absent=True),
            FieldSpec(name="lineage", subjects=_VERSIONS, kind=ValueKind.ANY, is_keyed=True, may_be_absent=True),
        )
    }
)
"""All fields by name. `model` and `name` both mean the model's name, `owner` who created the subject of the query."""


def find_field(name: str) -> FieldSpec | None:
    """The field of exactly this name, letter case included."""
    return FIELDS.get(name)


def fields_of(subject: Subject) -> tuple[FieldSpec, ...]:
    """The fields that this subject has, in the order of the registry."""
    return tuple(spec for spec in FIELDS.values() if subject in spec.subjects)


def nearest_field(name: str, subject: Subject) -> FieldSpec | None:
    """The field of this subject that someone who wrote `name` probably meant; letter case does not count."""
    names = [spec.name for spec in fields_of(subject)]
    matches = difflib.get_close_matches(name.lower(), names, n=1)
    return FIELDS[matches[0]] if matches else None
