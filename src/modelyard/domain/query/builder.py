"""From text to tree: what lark recognises by the grammar, held against the registry of fields."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, cast

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from modelyard.domain.query.bounds import Node, check_size, start_of
from modelyard.domain.query.characters import unquoted
from modelyard.domain.query.fields import FieldSpec, Subject
from modelyard.domain.query.naming import named
from modelyard.domain.query.refusals import explain, one_of, shown, syntax_error
from modelyard.domain.query.syntax import (
    Among,
    And,
    Comparison,
    Expression,
    Not,
    Operator,
    Or,
    Present,
    Value,
    Words,
)
from modelyard.domain.query.values import EXPECTED, value_of

_SHORTER: Final = "Put words that stand together in quotes: a phrase is one term. Or make several searches of it."
_SIGNS: Final = {"=": Operator.IS}


def build(text: str, subject: Subject) -> Expression:
    """The tree of a text that is not blank and holds no forbidden characters.

    Raises:
        QuerySyntaxError: the text is outside the grammar, the registry of fields or the bounds of a tree.
    """
    try:
        tree = _lark().parse(text)
    except (UnexpectedCharacters, UnexpectedToken) as failure:
        raise explain(text, _position(failure, text), _terminals(failure)) from failure
    check_size(tree, _TERMS, what="The query", unit="terms", hint=_SHORTER)
    return _expression(tree.children[0], subject)


@cache
def _lark() -> Lark:
    return Lark.open_from_package(__package__, "grammar.lark", parser="lalr")


def _position(failure: UnexpectedInput, text: str) -> int:
    is_end = isinstance(failure, UnexpectedToken) and failure.token.type == "$END"
    return len(text) if is_end else cast(int, failure.pos_in_stream)  # lark declares it as None, and always sets it


def _terminals(failure: UnexpectedCharacters | UnexpectedToken) -> set[str]:
    return failure.expected if isinstance(failure, UnexpectedToken) else failure.allowed


def _expression(node: Node, subject: Subject) -> Expression:
    assert isinstance(node, Tree)  # noqa: S101 - by the grammar
    match node.data:
        case "alternatives":
            return Or(_flat(node, subject, Or))
        case "conjunction":
            return And(_flat(node, subject, And))
        case "negated":
            inner = _expression(node.children[0], subject)
            return inner.operand if isinstance(inner, Not) else Not(inner)
        case term:
            return _TERMS[term](cast("list[Token]", node.children), subject)


def _flat(tree: Tree[Token], subject: Subject, kind: type[And] | type[Or]) -> tuple[Expression, ...]:
    operands: list[Expression] = []
    for child in tree.children:
        operand = _expression(child, subject)
        operands.extend(operand.operands if isinstance(operand, kind) else [operand])
    return tuple(operands)


def _word(tokens: Sequence[Token], _: Subject) -> Expression:
    return Words(tokens[0].value)


def _phrase(tokens: Sequence[Token], _: Subject) -> Expression:
    text = unquoted(tokens[0].value, start_of(tokens[0]))
    if not text.strip():
        hint = "Write the words to search for between the quotes, or remove them."
        raise syntax_error("There is nothing between these quotes", start_of(tokens[0]), hint=hint)
    return Words(text)


def _match(tokens: Sequence[Token], subject: Subject) -> Expression:
    spec, field = named(tokens[0], subject)
    return Comparison(field, Operator.IS, _value(spec, tokens[1]))


def _relation(tokens: Sequence[Token], subject: Subject) -> Expression:
    spec, field = named(tokens[0], subject)
    sign, token = tokens[1:]
    operator = _SIGNS.get(sign.value) or Operator(sign.value)
    if operator not in spec.kind.operators:
        signs = ["=", *(one.value for one in Operator if one in spec.kind.operators - {Operator.IS})]
        message = f"The field {spec.name} cannot be compared by {operator.value}"
        raise syntax_error(message, start_of(sign), hint=f"Compare it by {one_of(signs)}.", expected=signs)
    value = _value(spec, token)
    if isinstance(value, str) and operator not in {Operator.IS, Operator.IS_NOT, Operator.CONTAINS}:
        message = f"{shown(value)} is text, and text is neither greater nor less"
        raise syntax_error(
            message, start_of(token), hint="Compare with a number without quotes.", expected=["a number"]
        )
    if operator is Operator.CONTAINS:
        value = _text(token)
    return Comparison(field, operator, value)


def _membership(tokens: Sequence[Token], subject: Subject) -> Expression:
    spec, field = named(tokens[0], subject)
    return Among(field, tuple(_value(spec, token) for token in tokens[1:]))


def _presence(tokens: Sequence[Token], subject: Subject) -> Expression:
    spec, field = named(tokens[0], subject)
    if not spec.may_be_absent:
        message = f"Nothing is without {spec.name}, so asking for it does not narrow the search"
        hint = 'Remove the term, or write "*" in quotes for the character itself.'
        raise syntax_error(message, start_of(tokens[0]), hint=hint, expected=["a value"])
    return Present(field)


_TERMS: dict[str, Callable[[Sequence[Token], Subject], Expression]] = {
    "word": _word,
    "phrase": _phrase,
    "match": _match,
    "relation": _relation,
    "membership": _membership,
    "presence": _presence,
}


def _text(token: Token) -> str:
    return unquoted(token.value, start_of(token)) if token.type == "QUOTED" else str(token.value)


def _value(spec: FieldSpec, token: Token) -> Value:
    text = _text(token)
    value = value_of(spec.kind, text, is_quoted=token.type == "QUOTED")
    if value is None:
        expected = EXPECTED[spec.kind]
        message = f"{shown(text)} is not a value of {spec.name}"
        raise syntax_error(message, start_of(token), hint=f"Write {one_of(expected)}.", expected=expected)
    return value
