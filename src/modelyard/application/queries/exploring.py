"""What there is to search for: counts of what a query finds, and how a term may go on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.search import Facets
from modelyard.domain.errors import FieldError, InvalidInput, QuerySyntaxError
from modelyard.domain.lifecycle import Stage
from modelyard.domain.query import Comparison, Field, FieldSpec, Operator, Present, Subject, find_field, parse, render
from modelyard.domain.query.fields import fields_of

FACETED = 2_000
"""Versions that are counted, the newest that the query finds; beyond that the counts are of these."""

MAX_SUGGESTIONS = 50
MAX_TERM = 300


class SuggestionKind(StrEnum):
    """What a suggestion completes."""

    FIELD = "field"
    VALUE = "value"
    MODEL = "model"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A way in which a term may go on; `text` replaces the term, and ends with a colon where a value is to follow."""

    kind: SuggestionKind
    text: str


def count_facets(tx: Transaction, q: str, model_name: str | None) -> Facets:
    """How many of what a query finds stand in each stage, and have each framework, owner and tag.

    Raises:
        ModelNotFound: there is no such model.
        QuerySyntaxError: the query.
    """
    expression = parse(q, Subject.VERSIONS)
    model_id = None if model_name is None else tx.models.get(model_name).id
    return tx.search.facets(expression, model_id, at_most=FACETED)


def suggest(tx: Transaction, term: str, limit: int) -> Sequence[Suggestion]:
    """How the last term of a query may go on: fields and their keys, values of a field, names of models, tags.

    Names, keys and values are found by their beginning, letter case included. What comes first is what is found with
    the least looking; each kind is in order.

    Raises:
        InvalidInput: the limit, or a term that is too long.
    """
    if not 1 <= limit <= MAX_SUGGESTIONS or len(term) > MAX_TERM:
        message = f"limit must be 1 to {MAX_SUGGESTIONS}, and a term has at most {MAX_TERM} characters"
        raise InvalidInput(message, errors=[FieldError(pointer="term", message=message)])
    name, colon, value = _split(term)
    found = _values(tx, name, value, limit) if colon else _names(tx, term, limit)
    return list(islice(dict.fromkeys(found), limit))


_TERM = re.compile(r'((?:[^\s":]|"(?:[^"\\]|\\.)*")*):(.*)', re.DOTALL)


def _split(term: str) -> tuple[str, bool, str]:
    matched = _TERM.fullmatch(term)
    return (matched[1], True, matched[2].removeprefix('"')) if matched else (term, False, "")


def _names(tx: Transaction, term: str, limit: int) -> Iterator[Suggestion]:
    root, dot, key = term.partition(".")
    spec = find_field(root)
    if dot and spec is not None and spec.is_keyed:
        for found in tx.search.keys(root, key.removeprefix('"'), limit=limit):
            yield Suggestion(SuggestionKind.FIELD, _written(Field(root, found)))
    for each in fields_of(Subject.VERSIONS):
        if each.name.startswith(term):
            yield Suggestion(SuggestionKind.FIELD, f"{each.name}{'.' if each.is_keyed else ':'}")
    for name in tx.search.values(Field("model"), term, limit=limit):
        yield Suggestion(SuggestionKind.MODEL, render(Comparison(Field("model"), Operator.IS, name)))
    for key in tx.search.keys("tag", "", limit=limit):
        for value in tx.search.values(Field("tag", key), term, limit=limit):
            yield Suggestion(SuggestionKind.TAG, render(Comparison(Field("tag", key), Operator.IS, value)))


def _values(tx: Transaction, name: str, prefix: str, limit: int) -> Iterator[Suggestion]:
    field = _field(name)
    if field is None:
        return
    known: Sequence[str] = [stage for stage in Stage if stage.startswith(prefix)]
    if field.root != "stage":
        known = tx.search.values(field, prefix, limit=limit)
    for value in known:
        yield Suggestion(SuggestionKind.VALUE, render(Comparison(field, Operator.IS, value)))


def _field(name: str) -> Field | None:
    """The field that a text names; None where it names none yet."""
    spec = find_field(name.partition(".")[0])
    try:
        parsed = parse(f"{name}:*" if spec and spec.may_be_absent else f"{name}:{_sample(spec)}", Subject.VERSIONS)
    except QuerySyntaxError:
        return None
    return parsed.field if isinstance(parsed, Present | Comparison) else None


def _sample(spec: FieldSpec | None) -> str:
    return {"stage": "draft", "number": "1", "size": "1"}.get(spec.name, "2026-01-01") if spec else "x"


def _written(field: Field) -> str:
    return render(Present(field)).removesuffix("*")
