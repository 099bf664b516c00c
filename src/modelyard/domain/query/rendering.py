"""From tree to text: the inverse of the parser."""

import re

from modelyard.domain.query.syntax import And, Comparison, Expression, Field, Present, Words

# Narrower than what the grammar takes without quotes: more quotes than needed are harmless, fewer change the meaning.
_BARE_WORD = re.compile(r"(?!(?:and|or|not|in)\Z)[\w.-]+", re.IGNORECASE)
_BARE_KEY = re.compile(r"[\w.-]+")
_BARE_VALUE = re.compile(r"[\w.:/@+-]+")


def render(expression: Expression) -> str:
    """Text that parses to this tree, for any tree that a parser has made; `EVERYTHING` is the empty text."""
    match expression:
        case Words(text):
            return _written(text, _BARE_WORD)
        case Comparison(field, operator, value):
            return f"{_path(field)}{operator.value}{_written(str(value), _BARE_VALUE)}"
        case Present(field):
            return f"{_path(field)}:*"
        case And(operands):
            return " ".join(render(operand) for operand in operands)


def _path(field: Field) -> str:
    return field.root if field.key is None else f"{field.root}.{_written(field.key, _BARE_KEY)}"


def _written(text: str, bare: re.Pattern[str]) -> str:
    if bare.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
