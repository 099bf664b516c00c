"""Why a text is no query, in words for the person who wrote it."""

import re
from collections.abc import Collection, Sequence

from modelyard.domain.errors import QuerySyntaxError

# The order is that of `expected` in an answer.
_TERMINALS = {
    "WORD": "a word",
    "PHRASE": "a phrase in quotes",
    "PATH": "field:value",
    "_COLON": '":"',
    "VALUE": "a value",
    "QUOTED": "a value in quotes",
    "ANY": '"*"',
    "_AND": '"and"',
    "$END": "the end of the query",
}

_ONE_VALUE = "Write field:value, as in tag.team:risk; it asks for exactly this value."
_WHAT_IS_WANTED = "Say what you want instead of what you do not want, as in tag.team:risk."
_NO_PARENTHESES = 'All terms are joined by "and", so leave the parentheses out.'
_INSTEAD = {
    "or": "Make one search for each alternative.",
    "not": _WHAT_IS_WANTED,
    "in": "Write one value, as in tag.team:risk, and make one search for each.",
    "(": _NO_PARENTHESES,
    ")": _NO_PARENTHESES,
    "=": _ONE_VALUE,
    "!=": _WHAT_IS_WANTED,
    ">": _ONE_VALUE,
    ">=": _ONE_VALUE,
    "<": _ONE_VALUE,
    "<=": _ONE_VALUE,
    "~": "Write words to search all text for them, or field:value for exactly this value.",
}

_RESERVED = re.compile(r"(?:or|not)(?![^\s()\"])|in(?=\s*\()|[!<>]=|[=<>~()]", re.IGNORECASE)
_AND = re.compile(r"and(?![^\s()\"])", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_COLON_WITHOUT_VALUE = re.compile(r"(?<=\S):(?!\S)")


def syntax_error(
    message: str, position: int, *, hint: str, expected: Sequence[str] = (), suggestion: str | None = None
) -> QuerySyntaxError:
    """The error with its details; `position` counts code points of the query from 0, its end being its length."""
    details = {"position": position, "expected": list(expected), "suggestion": suggestion}
    return QuerySyntaxError(message, hint=hint, details=details)


def shown(text: str) -> str:
    """A piece of the query for a message, in quotes and not too long."""
    return f'"{text if len(text) <= 60 else text[:59] + "…"}"'


def one_of(choices: Sequence[str]) -> str:
    """At least one choice as part of a sentence: `a, b or c`."""
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last


def explain(text: str, position: int, terminals: Collection[str]) -> QuerySyntaxError:
    """Why the parser stopped at `position`, where only these terminals of the grammar could stand."""
    expected = [name for terminal, name in _TERMINALS.items() if terminal in terminals]
    if reserved := _RESERVED.match(text, position):
        hint = f"{_INSTEAD[reserved[0].lower()]} To search for the text itself, put it in quotes."
        return syntax_error(f"{shown(reserved[0])} is not supported here", position, hint=hint, expected=expected)
    if "_COLON" in terminals and _COLON_WITHOUT_VALUE.match(text, position):
        expected = [_TERMINALS[terminal] for terminal in ("VALUE", "QUOTED", "ANY")]
        hint = 'Leave no space after the colon; no text at all is written "".'
        return syntax_error("A value should stand right after the colon", position + 1, hint=hint, expected=expected)
    message, hint = _cause(text, position, expected)
    return syntax_error(message, position, hint=hint, expected=expected)


def _cause(text: str, position: int, expected: Sequence[str]) -> tuple[str, str]:
    """What is wrong, and what to do about it; the first case that fits is the most telling one."""
    if position == len(text):
        message = f"The query ends where {one_of(expected)} should follow"
        return message, "Complete the query, or remove what is left open."
    if text[position] == ":":
        hint = "Write field:value without spaces, as in tag.team:risk; put text with a colon in quotes."
        return "A field should stand right before the colon", hint
    if text[position] == '"' and not _QUOTED.match(text, position):
        return "The quote that opens here is never closed", 'Close it with "; a quote within it is written \\".'
    if position > 0 and not text[position - 1].isspace():
        hint = "Quotes go round a whole word, key or value, and a space stands between two terms."
        return "A space is missing here", hint
    if _AND.match(text, position):
        return 'This "and" has no term before it', 'Remove it, or write "and" in quotes to search for the word.'
    return f"Here should stand {one_of(expected)}", "Write words, or field:value, as in tag.team:risk."
