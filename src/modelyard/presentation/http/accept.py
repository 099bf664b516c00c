"""Which kind of answer a caller likes best (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Sequence

from fastapi import Request

_Q = re.compile(r"q=(0(\.\d{0,3})?|1(\.0{0,3})?)", re.IGNORECASE)


def preferred(request: Request, media_types: Sequence[str]) -> str:
    """The kind that is wanted most, of those that there are.

    It is the first of those that are wanted alike, also where nothing is said, or none of them is wanted. What cannot
    be read is passed over.
    """
    ranges = [_range_of(part) for part in ",".join(request.headers.getlist("accept")).split(",") if part.strip()]
    if not ranges:
        return media_types[0]
    return max(media_types, key=lambda media_type: _quality(media_type, ranges))


def _range_of(part: str) -> tuple[str, float]:
    media_range, *parameters = [piece.strip() for piece in part.split(";")]
    weights = [float(found[1]) for found in map(_Q.fullmatch, parameters) if found]
    return media_range.lower(), weights[0] if weights else 1.0


def _quality(media_type: str, ranges: list[tuple[str, float]]) -> float:
    """By the most specific range that fits."""
    for fitting in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        weights = [weight for media_range, weight in ranges if media_range == fitting]
        if weights:
            return max(weights)
    return 0.0
