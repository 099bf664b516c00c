"""ETag, If-Match and If-None-Match (RFC 9110, section 13)."""

import re
from collections.abc import Set

from fastapi import Request

from modelyard.application.services.precondition import ABSENT, Expected
from modelyard.domain.errors import Malformed

_TAGS = re.compile(r'\s*(?:W/)?"[^"\x00-\x20\x7f]*"\s*(?:,\s*(?:W/)?"[^"\x00-\x20\x7f]*"\s*)*')
_TAG = re.compile(r'(W/)?"([^"]*)"')


def etag(tag: str) -> str:
    """A strong ETag."""
    return f'"{tag}"'


def expected_tags(request: Request) -> Expected:
    """What a change expects: the strong tags of If-Match, or nothing to be there for `If-None-Match: *`.

    `If-Match: *` asks only that something is there, which each change asks anyway.

    Raises:
        Malformed: the header is no list of ETags.
    """
    if request.headers.get("if-none-match", "").strip() == "*":
        return frozenset({ABSENT})
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    return _parse(header, "If-Match", are_weak_equal=False)


def has_current(request: Request, tag: str) -> bool:
    """Whether If-None-Match says that the caller holds this state, so that 304 is the answer."""
    header = request.headers.get("if-none-match")
    if header is None:
        return False
    return header.strip() == "*" or tag in _parse(header, "If-None-Match", are_weak_equal=True)


def _parse(header: str, name: str, *, are_weak_equal: bool) -> Set[str]:
    if not _TAGS.fullmatch(header):
        raise Malformed(f"{name} is no list of ETags", hint='Send an ETag as it came, with its quotes: "7-3".')
    return {tag for weak, tag in _TAG.findall(header) if are_weak_equal or not weak}
