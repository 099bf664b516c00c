"""From text to tree: what lark recognises by the grammar, held against the registry of fields."""

import re
from functools import cache
from typing import Final, cast

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from modelyard.domain.errors import QuerySyntaxError
from modelyard.domain.lifecycle import Stage
from modelyard.domain.query.characters import unquoted
from modelyard.domain.query.fields import FieldSpec, Subject, ValueKind, fields_of, find_field, nearest_field
from modelyard.domain.query.refusals import explain, one_of, shown, syntax_error
from modelyard.domain.query.syntax import And, Comparison, Expression, Field, Operator, Present, Words

MAX_TERMS: Final = 50

_LARGEST_INTEGER = 2**63 - 1  # the largest that SQLite and PostgreSQL can compare with
_WHOLE_NUMBER = re.compile(r"[0-9]+", re.ASCII)


def build(text: str, subject: Subject) -> Expression:
    """The tree of a text that is not blank and holds no forbidden characters.

    Raises:
        QuerySyntaxError: the text is outside the grammar, the registry of fields or the bound of terms.
    """
    try:
        terms = [term for term in _lark().parse(text).children if isinstance(term, Tree)]
    except (UnexpectedCharacters, UnexpectedToken) as failure:
        raise explain(text, _position(failure, text), _terminals(failure)) from failure
    if len(terms) > MAX_TERMS:
        position = _start(_tokens(terms[MAX_TERMS])[0])
        message = f"The query has {len(terms)} terms; at most {MAX_TERMS} are allowed"
        raise syntax_error(message, position, hint="Put words that stand together in quotes: a phrase is one term.")
    operands = tuple(_term(term, subject) for term in terms)
    return operands[0] if len(operands) == 1 else And(operands)


@cache
def _lark() -> Lark:
    return Lark.open_from_package(__package__, "grammar.lark", parser="lalr")


def _position(failure: UnexpectedInput, text: str) -> int:
    is_end = isinstance(failure, UnexpectedToken) and failure.token.type == "$END"
    return len(text) if is_end else cast(int, failure.pos_in_stream)  # lark declares it as None, and always sets it


def _terminals(failure: UnexpectedCharacters | UnexpectedToken) -> set[str]:
    return failure.expected if isinstance(failure, UnexpectedToken) else failure.allowed


def _tokens(tree: Tree[Token]) -> list[Token]:
    return [token for token in tree.children if isinstance(token, Token)]


def _start(token: Token) -> int:
    return token.start_pos or 0  # None only in tokens that come from no text


def _term(tree: Tree[Token], subject: Subject) -> Expression:
    first, *rest = _tokens(tree)
    if tree.data == "word":
        return Words(first.value)
    if tree.data == "phrase":
        return _phrase(first)
    spec, field = _field(first, subject)
    if tree.data == "presence":
        return _presence(spec, field, rest[0])
    return Comparison(field, Operator.IS, _value(spec, rest[0]))


def _phrase(token: Token) -> Words:
    text = unquoted(token.value, _start(token))
    if not text.strip():
        hint = "Write the words to search for between the quotes, or remove them."
        raise syntax_error("There is nothing between these quotes", _start(token), hint=hint)
    return Words(text)


def _field(token: Token, subject: Subject) -> tuple[FieldSpec, Field]:
    position = _start(token)
    root, dot, key = token.value.partition(".")
    spec = find_field(root)
    if spec is None:
        raise _unknown(root, key, position, subject)
    if subject not in spec.subjects:
        raise _elsewhere(spec, position, subject)
    if token.type == "PATH":
        key = unquoted(key, position + len(root + dot))
    if spec.is_keyed and not key:
        message = f"The field {root} needs a key"
        raise syntax_error(message, position, hint=f"Write {spec.pattern}:value.", expected=[spec.pattern])
    if dot and not spec.is_keyed:
        hint = f"Write {root}:value."
        raise syntax_error(f"The field {root} takes no key", position + len(root), hint=hint, expected=['":"'])
    return spec, Field(root, key if spec.is_keyed else None)


def _unknown(root: str, key: str, position: int, subject: Subject) -> QuerySyntaxError:
    nearest = nearest_field(root, subject)
    hint = "Put text that holds a colon in quotes to search for it."
    if nearest:
        meant = f"{nearest.name}.{key}" if nearest.is_keyed and key else nearest.pattern
        hint = f"Did you mean {shown(meant)}? {hint}"
    return syntax_error(
        f"{subject.capitalize()} have no field {shown(root)}",
        position,
        hint=hint,
        expected=_patterns(subject),
        suggestion=nearest.name if nearest else None,
    )


def _elsewhere(spec: FieldSpec, position: int, subject: Subject) -> QuerySyntaxError:
    owners = " and ".join(spec.subjects)
    message = f"The field {spec.pattern} belongs to {owners}, and this is a search of {subject}"
    hint = f"Search {owners} for it, or use a field that {subject} have: {one_of(_patterns(subject))}."
    return syntax_error(message, position, hint=hint, expected=_patterns(subject))


def _patterns(subject: Subject) -> list[str]:
    return [spec.pattern for spec in fields_of(subject)]


def _presence(spec: FieldSpec, field: Field, token: Token) -> Present:
    if not spec.may_be_absent:
        message = f'Nothing is without {spec.name}, so "*" does not narrow the search'
        hint = 'Remove the term, or write "*" in quotes for the character itself.'
        raise syntax_error(message, _start(token), hint=hint, expected=["a value"])
    return Present(field)


def _value(spec: FieldSpec, token: Token) -> str | int:
    text: str = unquoted(token.value, _start(token)) if token.type == "QUOTED" else token.value
    match spec.kind:
        case ValueKind.TEXT:
            return text
        case ValueKind.INTEGER:
            if _WHOLE_NUMBER.fullmatch(text) and int(text) <= _LARGEST_INTEGER:
                return int(text)
            raise _not_a_value(spec, text, token, [f"a whole number from 0 to {_LARGEST_INTEGER}"])
        case ValueKind.STAGE:
            if text in set(Stage):
                return Stage(text)
            raise _not_a_value(spec, text, token, [stage.value for stage in Stage])


def _not_a_value(spec: FieldSpec, text: str, token: Token, expected: list[str]) -> QuerySyntaxError:
    message = f"{shown(text)} is not a value of {spec.name}"
    return syntax_error(message, _start(token), hint=f"Write {one_of(expected)}.", expected=expected)
