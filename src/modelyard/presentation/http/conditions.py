"""ETag, If-Match and If-None-Match (RFC 9110, section 13)."""

import re
from collections.abc import Callable, Set

from fastapi import Request

from modelyard.application.services.precondition import ABSENT, Expected
from modelyard.domain.errors import Malformed

_TAGS = re.compile(r'\s*(?:W/)?"[^"\x00-\x20\x7f]*"\s*(?:,\s*(?:W/)?"[^"\x00-\x20\x7f]*"\s*)*')
_TAG = re.compile(r'(W/)?"([^"]*)"')


class _StatesThat(frozenset[str]):
    """All states that a condition holds for; there is no end to them."""

    _holds: Callable[[object], bool]

    def __new__(cls, holds: Callable[[object], bool]) -> "_StatesThat":
        made = super().__new__(cls)
        made._holds = holds
        return made

    def __contains__(self, tag: object) -> bool:
        return self._holds(tag)


def etag(tag: str) -> str:
    """A strong ETag."""
    return f'"{tag}"'


def expected_tags(request: Request) -> Expected:
    """What a change expects: a state that If-Match names, and none that If-None-Match names.

    `*` stands for whatever is there: `If-Match: *` changes only what is there, `If-None-Match: *` makes only what is
    not.

    Raises:
        Malformed: a header is no list of ETags.
    """
    wanted, unwanted = _field(request, "if-match"), _field(request, "if-none-match")
    if wanted is None and unwanted is None:
        return None
    if wanted is None and unwanted == "*":
        return frozenset({ABSENT})
    may_be = _named(wanted, "If-Match", are_weak_equal=False)
    must_not_be = _named(unwanted, "If-None-Match", are_weak_equal=True)
    return _StatesThat(lambda tag: (wanted is None or tag in may_be) and (unwanted is None or tag not in must_not_be))


def has_current(request: Request, tag: str) -> bool:
    """Whether If-None-Match says that the caller holds this state, so that 304 is the answer."""
    header = _field(request, "if-none-match")
    if header is None:
        return False
    return header == "*" or tag in _parse(header, "If-None-Match", are_weak_equal=True)


def _field(request: Request, name: str) -> str | None:
    """A header of which there may be several: they are one list (RFC 9110, section 5.3)."""
    values = request.headers.getlist(name)
    return ", ".join(values).strip() if values else None


def _named(header: str | None, name: str, *, are_weak_equal: bool) -> Set[str]:
    if header == "*":
        return _StatesThat(lambda tag: tag != ABSENT)
    return frozenset() if header is None else _parse(header, name, are_weak_equal=are_weak_equal)


def _parse(header: str, name: str, *, are_weak_equal: bool) -> Set[str]:
    if not _TAGS.fullmatch(header):
        raise Malformed(f"{name} is no list of ETags", hint='Send an ETag as it came, with its quotes: "7-3".')
    return {tag for weak, tag in _TAG.findall(header) if are_weak_equal or not weak}
