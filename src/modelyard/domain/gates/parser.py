"""From the text of a condition to its tree, held against the registry of fields and the kinds of their values."""

import difflib
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final, cast

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedToken

from modelyard.domain.errors import QuerySyntaxError
from modelyard.domain.gates.expression import (
    FIELDS,
    PRODUCTION,
    AllOf,
    AnyOf,
    Arithmetic,
    Condition,
    Kind,
    Literal,
    Match,
    Membership,
    Named,
    Not,
    Operand,
    Present,
    Relating,
    Relation,
    Sign,
    Value,
)
from modelyard.domain.query.bounds import Node, check_size
from modelyard.domain.query.bounds import start_of as _start
from modelyard.domain.query.characters import check_characters, unquoted
from modelyard.domain.query.refusals import one_of, shown, syntax_error
from modelyard.domain.query.values import moment_of

MAX_CHARACTERS: Final = 2_000

_SHORTER = "Make several gates of it."
_ORDERED = frozenset({Relating.GREATER, Relating.AT_LEAST, Relating.LESS, Relating.AT_MOST})
_FLAGS = {"true": True, "false": False}
_EXAMPLE = "Write a comparison, as in metric.auc@holdout >= 0.9."
_TERMINALS = {
    "FIELD": "a field",
    "NUMBER": "a number",
    "QUOTED": "text in quotes",
    "COMPARED": "one of = != > >= < <= ~",
    "_COLON": '":"',
    "VALUE": "a value",
    "_IN": '"in"',
    "PLUS": '"+"',
    "MINUS": '"-"',
    "_TIMES": '"*"',
    "LPAR": '"("',
    "RPAR": '")"',
    "_COMMA": '","',
    "COMMA": '","',
    "_AND": '"and"',
    "_OR": '"or"',
    "_NOT": '"not"',
    "$END": "the end",
}


@lru_cache(maxsize=1024)
def parse_condition(text: str) -> Condition:
    """The tree of a condition.

    Raises:
        QuerySyntaxError: it does not parse, names what there is not, compares what cannot be compared, or is out of
            bounds: 2,000 characters, 50 comparisons, 40 levels. Its details tell where. Nothing else is raised.
    """
    check_characters(text, "The condition", MAX_CHARACTERS, hint=_SHORTER)
    try:
        tree = _lark().parse(text)
    except (UnexpectedCharacters, UnexpectedToken) as failure:
        raise _explained(text, failure) from failure
    check_size(tree, _TERMS, what="The condition", unit="comparisons", hint=_SHORTER)
    return _condition(tree.children[0])


@cache
def _lark() -> Lark:
    return Lark.open_from_package(__package__, "grammar.lark", parser="lalr")


def _explained(text: str, failure: UnexpectedCharacters | UnexpectedToken) -> QuerySyntaxError:
    is_token = isinstance(failure, UnexpectedToken)
    is_end = is_token and cast("UnexpectedToken", failure).token.type == "$END"
    position = len(text) if is_end else cast("int", failure.pos_in_stream)
    terminals = failure.expected if isinstance(failure, UnexpectedToken) else failure.allowed
    if text.count("(", 0, position) <= text.count(")", 0, position):  # the parser would take one that opens nowhere
        terminals = terminals - {"RPAR"}
    expected = [name for terminal, name in _TERMINALS.items() if terminal in terminals]
    wanted = one_of(expected) if expected else "something else"
    if is_end:
        return syntax_error(
            f"The condition ends where {wanted} should follow", position, hint=_EXAMPLE, expected=expected
        )
    hint = f"{_EXAMPLE} Text stands in quotes, and + - * between spaces."
    return syntax_error(f"Here should stand {wanted}", position, hint=hint, expected=expected)


def _condition(node: Node) -> Condition:
    assert isinstance(node, Tree)  # noqa: S101 - by the grammar
    match node.data:
        case "alternatives":
            return AnyOf(tuple(_condition(child) for child in node.children))
        case "conjunction":
            return AllOf(tuple(_condition(child) for child in node.children))
        case "negated":
            return Not(_condition(node.children[0]))
        case term:
            return _TERMS[term](node.children)


def _relation(nodes: list[Node]) -> Condition:
    left, sign, right = nodes
    relating = Relating(cast("Token", sign).value)
    relation = Relation(_operand(left), relating, _operand(right))
    kinds = {_kind(relation.left), _kind(relation.right)} - {Kind.ANY}
    if len(kinds) > 1:
        one, other = sorted(kinds)
        message = f"This compares {_A[one]} with {_A[other]}"
        raise syntax_error(message, _start(sign), hint="Compare like with like; text stands in quotes, numbers do not.")
    if relating in _ORDERED and kinds & {Kind.TEXT, Kind.FLAG}:
        message = f"{_A[kinds.pop()].capitalize()} is neither greater nor less than another"
        raise syntax_error(message, _start(sign), hint="Compare it by = or !=.", expected=["=", "!="])
    if relating is Relating.CONTAINS and kinds - {Kind.TEXT}:
        message = f"{_A[kinds.pop()].capitalize()} contains no text"
        raise syntax_error(message, _start(sign), hint="Compare it by one of = != > >= < <=.")
    return relation


def _membership(nodes: list[Node]) -> Condition:
    operand = _operand(nodes[0])
    literals = [cast("Literal", _operand(node)) for node in nodes[1:]]
    for literal, node in zip(literals, nodes[1:], strict=True):
        kinds = {_kind(operand), _kind(literal)} - {Kind.ANY}
        if len(kinds) > 1:
            one, other = sorted(kinds)
            raise syntax_error(
                f"This compares {_A[one]} with {_A[other]}", _start(node), hint="List values of the field's kind."
            )
    return Membership(operand, tuple(literal.value for literal in literals))


def _match(nodes: list[Node]) -> Condition:
    token, value = cast("Token", nodes[0]), cast("Token", nodes[1])
    text = unquoted(value.value, _start(value)) if value.type == "QUOTED" else str(value.value)
    if token.value == "has":
        return Present(_named(text, _start(value)))
    return Match(_field(token), text)


def _presence(nodes: list[Node]) -> Condition:
    return Present(_field(cast("Token", nodes[0])))


_TERMS: dict[str, Callable[[list[Node]], Condition]] = {
    "relation": _relation,
    "membership": _membership,
    "match": _match,
    "presence": _presence,
}
_A = {Kind.NUMBER: "a number", Kind.TEXT: "text", Kind.MOMENT: "a time", Kind.FLAG: "true or false"}


def _operand(node: Node) -> Operand:
    if isinstance(node, Tree):
        if node.data == "product":
            left, right = node.children
            return _arithmetic(left, Sign.TIMES, right)
        left, sign, right = node.children
        return _arithmetic(left, Sign(cast("Token", sign).value), right)
    match node.type:
        case "QUOTED":
            return Literal(unquoted(node.value, _start(node)))
        case "NUMBER":
            return Literal(Decimal(node.value))
        case "MOMENT":
            return Literal(_moment(node))
        case _:
            flag = _FLAGS.get(node.value)
            return _field(node) if flag is None else Literal(flag)


def _arithmetic(left: Node, sign: Sign, right: Node) -> Arithmetic:
    made = Arithmetic(sign, _operand(left), _operand(right))
    for operand, node in ((made.left, left), (made.right, right)):
        if _kind(operand) not in {Kind.NUMBER, Kind.ANY}:
            message = f"Arithmetic is done with numbers, and this is {_A[_kind(operand)]}"
            raise syntax_error(message, _start(node), hint="Take a number or a field that holds one.")
    return made


def _kind(operand: Operand) -> Kind:
    match operand:
        case Named(spec=spec):
            return spec.kind
        case Arithmetic():
            return Kind.NUMBER
        case Literal(bool()):
            return Kind.FLAG
        case Literal(Decimal()):
            return Kind.NUMBER
        case Literal(datetime()):
            return Kind.MOMENT
        case _:
            return Kind.TEXT


def _field(token: Token) -> Named:
    return _named(str(token.value), _start(token))


def _named(text: str, position: int) -> Named:
    is_production = text.startswith(f"{PRODUCTION}.")
    start = len(PRODUCTION) + 1 if is_production else 0
    root, _, rest = text[start:].partition(".")
    spec = FIELDS.get(root)
    if spec is None:
        raise _unknown(root, position + start)
    if is_production and spec.is_of_candidate:
        message = f"The version in production has no {root}; they are of the version that is to go there"
        raise syntax_error(message, position, hint=f"Write {root}.", expected=[spec.pattern])
    if spec.is_keyed != bool(rest):
        message = f"The field {root} needs a key" if spec.is_keyed else f"The field {root} takes no key"
        raise syntax_error(message, position + start, hint=f"Write {spec.pattern}.", expected=[spec.pattern])
    bare, quote, _ = rest.partition('"')
    quoted = rest[len(bare) :]
    key = bare + (unquoted(quoted, position + len(text) - len(quoted)) if quote else "")
    return Named(text, spec, key, is_production)


def _unknown(root: str, position: int) -> QuerySyntaxError:
    nearest = difflib.get_close_matches(root.lower(), FIELDS, n=1)
    patterns = [spec.pattern for spec in FIELDS.values()]
    hint = "Put text in quotes." if not nearest else f"Did you mean {FIELDS[nearest[0]].pattern}? Put text in quotes."
    return syntax_error(
        f"There is no field {shown(root)}",
        position,
        hint=hint,
        expected=patterns,
        suggestion=nearest[0] if nearest else None,
    )


def _moment(token: Token) -> Value:
    moment = moment_of(token.value)
    if moment is None:
        hint = "Write it as 2026-01-31 or 2026-01-31T12:00:00Z."
        raise syntax_error(f"{shown(token.value)} is no time", _start(token), hint=hint)
    return moment
