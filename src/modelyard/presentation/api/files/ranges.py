"""Byte ranges (RFC 9110, section 14)."""

import re

from modelyard.domain.errors import UnsatisfiableRange

_RANGE = re.compile(r"bytes=\s*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))\s*", re.ASCII | re.IGNORECASE)


def requested_range(header: str | None, size_bytes: int) -> tuple[int, int] | None:
    """The first byte and the one after the last that a Range header asks for; `None` for the whole file.

    One range is honoured. Several, other units and what does not parse are ignored, as the RFC allows: many small
    ranges in one answer are a way to wear a server down.

    Raises:
        UnsatisfiableRange: it begins beyond the end.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        start, stop = max(size_bytes - int(suffix), 0), size_bytes
        is_outside = int(suffix) == 0 or size_bytes == 0
    else:
        start, stop = int(first), min(int(last) + 1 if last else size_bytes, size_bytes)
        if last and int(last) < start:
            return None
        is_outside = start >= size_bytes
    if is_outside:
        raise UnsatisfiableRange(f"the file has {size_bytes} bytes", details={"size_bytes": size_bytes})
    return start, stop
