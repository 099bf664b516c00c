"""Where the words of a query stand in what it finds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelyard.domain.model_version import VersionSummary
from modelyard.domain.query import And, Comparison, Expression, Operator, Or, Words
from modelyard.domain.query.letter_case import occurrences
from modelyard.domain.registered_model import RegisteredModel

BEFORE = 40
SNIPPET = 160
"""Characters of a text that are shown, and how many of them before the first word that was found."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """A piece of a text in which words were found; `ranges` are pairs of begin and end, in characters of `snippet`.

    It is plain text and offsets, never markup, so that whoever shows it escapes it as everything else.
    """

    field: str
    snippet: str
    ranges: Sequence[tuple[int, int]]


def words_of(expression: Expression) -> list[str]:
    """The words that an expression looks for, each once; what is negated was not found."""
    return list(dict.fromkeys(_words(expression)))


def highlights_of_version(version: VersionSummary, card: str, words: Sequence[str]) -> list[Highlight]:
    """Model name, description, tags and card, in this order; only those in which words stand."""
    texts = {"name": version.model, "description": version.description, **_tags(version.tags), "card": card}
    return _highlights(texts, words)


def highlights_of_model(model: RegisteredModel, words: Sequence[str]) -> list[Highlight]:
    """As of a version; a model has no card."""
    return _highlights({"name": model.name, "description": model.description, **_tags(model.tags)}, words)


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {f"tag.{key}": value for key, value in tags.items()}


def _words(expression: Expression) -> Iterator[str]:
    match expression:
        case Words(text) | Comparison(_, Operator.CONTAINS, str(text)):
            yield text
        case And(operands) | Or(operands):
            for operand in operands:
                yield from _words(operand)
        case _:
            pass


def _highlights(texts: Mapping[str, str], words: Sequence[str]) -> list[Highlight]:
    found = []
    for field, text in texts.items():
        ranges = sorted({each for word in words for each in occurrences(text, word)})
        if ranges:
            found.append(_cut(field, text, ranges))
    return found


def _cut(field: str, text: str, ranges: Sequence[tuple[int, int]]) -> Highlight:
    """The piece around the first place; ranges that touch become one, so that nothing is marked twice."""
    start = max(0, ranges[0][0] - BEFORE)
    end = min(len(text), max(start + SNIPPET, ranges[0][1]))
    shown: list[tuple[int, int]] = []
    for begin, until in ranges:
        if begin >= end:
            break
        if shown and begin - start <= shown[-1][1]:
            shown[-1] = (shown[-1][0], max(shown[-1][1], min(until, end) - start))
        else:
            shown.append((begin - start, min(until, end) - start))
    return Highlight(field, text[start:end], shown)
