"""From tree to text: the inverse of the parser."""

import re
from datetime import datetime

from modelyard.domain.event import rfc3339
from modelyard.domain.query.syntax import (
    Among,
    And,
    Comparison,
    Expression,
    Field,
    Not,
    Numeral,
    Or,
    Present,
    Value,
    Words,
)
from modelyard.domain.query.values import is_numeral

# Narrower than what the grammar takes without quotes: more quotes than needed are harmless, fewer change the meaning.
_BARE_WORD = re.compile(r"(?!(?:and|or|not|in)\Z)[\w.-]+", re.IGNORECASE)
_BARE_KEY = re.compile(r"[\w.@/-]+")
_BARE_VALUE = re.compile(r"[\w.:/@+-]+")


def render(expression: Expression) -> str:
    """Text that parses to this tree, for any tree that a parser has made; `EVERYTHING` is the empty text."""
    match expression:
        case Words(text):
            return _quoted(text) if not _BARE_WORD.fullmatch(text) else text
        case Comparison(field, operator, value):
            space = "" if operator == ":" else " "
            return f"{_path(field)}{space}{operator.value}{space}{_written(value)}"
        case Among(field, values):
            return f"{_path(field)} in ({', '.join(map(_written, values))})"
        case Present(field):
            return f"{_path(field)}:*"
        case And(operands):
            return " ".join(_within(operand, Or) for operand in operands)
        case Or(operands):
            return " or ".join(render(operand) for operand in operands)
        case Not(operand):
            return f"not {_within(operand, And, Or)}"


def _within(operand: Expression, *weaker: type[And] | type[Or]) -> str:
    """An operand of something that binds more strongly than these."""
    return f"({render(operand)})" if isinstance(operand, weaker) else render(operand)


def _path(field: Field) -> str:
    if field.key is None:
        return field.root
    return f"{field.root}.{field.key if _BARE_KEY.fullmatch(field.key) else _quoted(field.key)}"


def _written(value: Value) -> str:
    match value:
        case Numeral(text):
            return text
        case datetime():
            return rfc3339(value)
        case str():
            return value if _BARE_VALUE.fullmatch(value) and not is_numeral(value) else _quoted(value)
        case _:
            return repr(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
