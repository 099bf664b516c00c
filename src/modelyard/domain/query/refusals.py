"""Why a text is no query, in words for the person who wrote it."""

import re
from collections.abc import Collection, Sequence

from modelyard.domain.errors import QuerySyntaxError

# The order is that of `expected` in an answer.
_TERMINALS = {
    "WORD": "a word",
    "PHRASE": "a phrase in quotes",
    "PATH": "field:value",
    "HELD": "a field",
    "_COLON": '":"',
    "COMPARED": "one of = != > >= < <= ~",
    "_IN": '"in"',
    "VALUE": "a value",
    "OPERAND": "a value",
    "ITEM": "a value",
    "QUOTED": "a value in quotes",
    "_ANY": '"*"',
    "COMMA": '","',
    "_AND": '"and"',
    "_OR": '"or"',
    "_NOT": '"not"',
    "_OPEN": '"("',
    "RPAR": '")"',
    "$END": "the end of the query",
}

_JOINING = re.compile(r"(?:and|or)(?![^\s()\"])", re.IGNORECASE)
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
    if text.count("(", 0, position) <= text.count(")", 0, position):  # the parser would take one that opens nowhere
        terminals = set(terminals) - {"RPAR"}
    expected = list(dict.fromkeys(name for terminal, name in _TERMINALS.items() if terminal in terminals))
    if "_COLON" in terminals and _COLON_WITHOUT_VALUE.match(text, position):
        expected = [_TERMINALS[terminal] for terminal in ("VALUE", "QUOTED", "_ANY")]
        hint = 'Leave no space after the colon; no text at all is written "".'
        return syntax_error("A value should stand right after the colon", position + 1, hint=hint, expected=expected)
    message, hint = _cause(text, position, terminals, expected)
    return syntax_error(message, position, hint=hint, expected=expected)


def _cause(text: str, position: int, terminals: Collection[str], expected: Sequence[str]) -> tuple[str, str]:
    """What is wrong, and what to do about it; the first case that fits is the most telling one."""
    if position == len(text):
        return f"The query ends where {one_of(expected)} should follow", "Complete the query, or remove what is open."
    sign = text[position]
    if {"VALUE", "OPERAND"} & set(terminals) and sign in "=<>~":
        hint = "Write one sign, as in created > 2026-01-01; put a value that begins with a sign in quotes."
        return "A comparison has one sign, and this is the second", hint
    if sign == ":":
        hint = "Write field:value without spaces, as in tag.team:risk; put text with a colon in quotes."
        return "A field should stand right before the colon", hint
    if sign == '"' and not _QUOTED.match(text, position):
        return "The quote that opens here is never closed", 'Close it with "; a quote within it is written \\".'
    if sign == ")" and text.count("(", 0, position) <= text.count(")", 0, position):
        return "This parenthesis was never opened", "Remove it, or put text that holds one in quotes."
    is_apart = position == 0 or text[position - 1] in " \t\r\n()"
    if is_apart and (joining := _JOINING.match(text, position)):
        word = joining[0].lower()
        return f'This "{word}" has no term before it', f'Remove it, or write "{word}" in quotes to search for the word.'
    if sign in "=<>~!":
        hint = "Write a field before it, as in metric.auc >= 0.9; put text that holds a sign in quotes."
        return "A field should stand before this sign", hint
    if not is_apart or text[position - 1 : position] == ")":
        hint = "Quotes go round a whole word, key or value, and a space stands between two terms."
        return "A space is missing here", hint
    return f"Here should stand {one_of(expected)}", "Write words, or field:value, as in tag.team:risk."
