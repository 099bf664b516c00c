"""What a query means, in plain Python over one version: the measure for what databases find."""

import operator
from collections.abc import Callable, Iterator
from typing import Any

from modelyard.domain.json_value import JsonValue, plain_json
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.query import (
    Among,
    And,
    Comparison,
    Expression,
    Field,
    Not,
    Numeral,
    Operator,
    Or,
    Present,
    Value,
    Words,
)
from modelyard.domain.query.letter_case import folded

COMPARED: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.IS: operator.eq,
    Operator.IS_NOT: operator.ne,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.CONTAINS: lambda held, wanted: folded(wanted) in folded(held),
}


def holds(expression: Expression, version: ModelVersion) -> bool:
    """Whether a query finds a version."""
    match expression:
        case Words(text):
            return any(folded(text) in folded(held) for held in _words(version))
        case Comparison(field, sign, value):
            return any(_compared(held, sign, value) for held in _values(version, field))
        case Among(field, values):
            return any(_compared(held, Operator.IS, value) for held in _values(version, field) for value in values)
        case Present(field):
            return any(True for _ in _values(version, field, may_be_empty=field.key is not None))
        case And(operands):
            return all(holds(operand, version) for operand in operands)
        case Or(operands):
            return any(holds(operand, version) for operand in operands)
        case Not(operand):
            return not holds(operand, version)


def _words(version: ModelVersion) -> Iterator[str]:
    yield from (version.model, version.description, version.card)
    for key, value in version.tags.items():
        yield from (key, value)


def _compared(held: JsonValue, sign: Operator, value: Value) -> bool:
    """A numeral is a number or its very text; a number is text to what is compared with text."""
    if isinstance(value, Numeral):
        text, number = held if isinstance(held, str) else plain_json(held), _number(held)
        if sign is Operator.IS:
            return number == value.number or text == value.text
        if sign is Operator.IS_NOT:
            return number != value.number and text != value.text
        return number is not None and COMPARED[sign](number, value.number)
    if isinstance(value, str) and not isinstance(held, str):
        return COMPARED[sign](plain_json(held), value)
    return COMPARED[sign](held, value)


def _number(held: object) -> float | None:
    return float(held) if isinstance(held, int | float) and not isinstance(held, bool) else None


def _values(version: ModelVersion, field: Field, *, may_be_empty: bool = True) -> Iterator[Any]:
    key = field.key or ""
    plain: dict[str, Any] = {
        "model": version.model, "name": version.model, "number": version.number, "stage": version.stage.value,
        "owner": version.created_by, "size": version.size_bytes, "digest": version.digest,
        "framework": (version.framework or {}).get("name"), "created": version.created_at,
        "updated": version.updated_at, "description": version.description, "card": version.card,
    }  # fmt: skip
    match field.root:
        case "tag" | "metric":
            held = version.tags if field.root == "tag" else version.metrics
            yield from [held[key]] if key in held else []
        case "param":
            yield from [version.params[key]] if key in version.params else []
        case "meta" | "lineage":
            document = version.metadata if field.root == "meta" else version.lineage
            yield from (value for path, value in _leaves("", document or {}) if path == f".{key}" and value is not None)
        case "alias":
            yield from version.aliases
        case root:
            value = plain[root]
            yield from [] if value is None or (value == "" and not may_be_empty) else [value]


def _leaves(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{path}.{key}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(path, inner)
    else:
        yield path, value
