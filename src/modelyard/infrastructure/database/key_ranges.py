"""Reading the index of words of PostgreSQL from one end: by ranges of keys, of which ever more are asked for.

An index of words finds all of what it is asked for before it gives the first. It holds for each row its range too, of
1,024 keys, and one that is 64 times as long, so that it can be asked for the words within some ranges only.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

RANGE: Final = 1_024
"""Keys of a range."""

LONG: Final = 64
"""Ranges of a long one."""

SAMPLED: Final = 16
"""So many ranges tell how frequent something is."""

_FIRST: Final = 4
_FASTER: Final = 16
_MARGIN: Final = 1.25
"""So much more is read than what has been found lets expect."""

T = TypeVar("T")


def read_by_ranges(read: Callable[[str], Sequence[T]], begin: int, end: int, *, wanted: int) -> list[T]:
    """Rows of the ranges from that of one key to that of another, which may lie on either side, until there are enough.

    Args:
        read: Gives the rows within ranges, in order.
        begin: The key to begin with.
        end: The key to end with.
        wanted: How many are enough; more may be given.
    """
    step = 1 if end >= begin else -1
    place, last = begin // RANGE, end // RANGE
    rows: list[T] = []
    seen, size, least = 0, _FIRST, 1
    while True:
        until = min(place + size - 1, last) if step > 0 else max(place - size + 1, last)
        rows.extend(read(ranges_text(min(place, until), max(place, until))))
        if len(rows) >= wanted or until == last:
            return rows
        seen += size
        missing = math.ceil(_MARGIN * (wanted - len(rows)) * seen / len(rows)) if rows else size * _FASTER
        size = max(least, min(missing, size * _FASTER))
        least *= 2  # where there are fewer than one expects, the end is reached soon all the same
        place = until + step


def ranges_text(first: int, last: int) -> str:
    """The ranges from one to another as the text of an array; long ones, which are below zero, where they fit."""
    return "{" + ",".join(map(str, _ranges(first, last))) + "}"


def _ranges(first: int, last: int) -> Iterator[int]:
    while first <= last:
        if first % LONG == 0 and first + LONG - 1 <= last:
            yield -1 - first // LONG
            first += LONG
        else:
            yield first
            first += 1
