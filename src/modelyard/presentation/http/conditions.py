"""ETag, If-Match and If-None-Match (RFC 9110, section 13)."""

import re
from collections.abc import Set

from fastapi import Request

from modelyard.application.services.precondition import ABSENT, Expected
from modelyard.domain.errors import Malformed

_TAGS = re.compile(r'\s*(?:W/)?"[^"\x00-\x20\x7f]*"\s*(?:,\s*(?:W/)?"[^"\x00-\x20\x7f]*"\s*)*')
_TAG = re.compile(r'(W/)?"([^"]*)"')


class _AnyState(frozenset[str]):
    """What `If-Match: *` expects: whatever is there, but not nothing."""

    def __contains__(self, tag: object) -> bool:
        return tag != ABSENT


def etag(tag: str) -> str:
    """A strong ETag."""
    return f'"{tag}"'


def expected_tags(request: Request) -> Expected:
    """What a change expects: the strong tags of If-Match, or nothing to be there for `If-None-Match: *`.

    Raises:
        Malformed: the header is no list of ETags.
    """
    if _field(request, "if-none-match") == "*":
        return frozenset({ABSENT})
    header = _field(request, "if-match")
    if header is None:
        return None
    return _AnyState() if header == "*" else _parse(header, "If-Match", are_weak_equal=False)


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


def _parse(header: str, name: str, *, are_weak_equal: bool) -> Set[str]:
    if not _TAGS.fullmatch(header):
        raise Malformed(f"{name} is no list of ETags", hint='Send an ETag as it came, with its quotes: "7-3".')
    return {tag for weak, tag in _TAG.findall(header) if are_weak_equal or not weak}
