"""How large a tree may be, held against what lark has made before anything walks it as deep as it goes."""

from collections.abc import Collection
from typing import Final, TypeAlias

from lark import Token, Tree

from modelyard.domain.query.refusals import syntax_error

MAX_TERMS: Final = 50
MAX_DEPTH: Final = 40

Node: TypeAlias = Tree[Token] | Token


def check_size(tree: Tree[Token], terms: Collection[str], *, what: str, unit: str, hint: str) -> None:
    """Refuse a tree that is nested too deeply or has too many terms; `terms` are the names of the rules that count.

    Raises:
        QuerySyntaxError: at the first that is too many.
    """
    found = 0
    waiting: list[tuple[Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, Token):
            continue
        found += node.data in terms
        if depth > MAX_DEPTH:
            message = f"{what} is nested too deeply; {MAX_DEPTH} levels are allowed"
            raise syntax_error(message, start_of(node), hint=hint)
        if found > MAX_TERMS:
            raise syntax_error(f"{what} has more than {MAX_TERMS} {unit}", start_of(node), hint=hint)
        waiting.extend((child, depth + 1) for child in reversed(node.children))


def start_of(node: Node) -> int:
    """Where it stands in the text, by its first token."""
    token = node if isinstance(node, Token) else next(node.scan_values(lambda value: isinstance(value, Token)))
    return token.start_pos or 0  # None only in tokens that come from no text
