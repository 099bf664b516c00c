"""How a search is run: from the index that leaves least to look at, or along the order in which rows are wanted.

Databases choose badly between the two, since they know nothing of how many rows one tag and one metric have in common.
So it is counted, as far as it matters, and the statement is written in a way that leaves no choice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modelyard.infrastructure.database.drivers import Driver

FEW = 2_000
"""So many rows are looked at one by one sooner than anything else is tried."""

SOME = 8_000
"""More than this are never gathered: a page is found sooner along the order, where so many fit."""


@dataclass(frozen=True, slots=True)
class Begin:
    """What a statement reads from: the rows themselves, or the keys of a driver, in order or gathered beforehand."""

    driver: int | None = None
    is_gathered: bool = False


def begin_of(drivers: Sequence[Driver], count: Callable[[int], Sequence[int]], *, is_by_key: bool) -> Begin:
    """Where to begin.

    Args:
        drivers: Those that there are.
        count: How many keys each of them gives, as far as a bound.
        is_by_key: Whether rows are wanted in the order of keys.
    """
    ordered = [place for place, driver in enumerate(drivers) if driver.is_ordered] if is_by_key else []
    if len(drivers) == 1 and ordered:
        return Begin(0)
    for bound in (FEW, SOME) if drivers else ():
        counts = count(bound)
        fewest = min(counts)
        if fewest < bound:
            place = counts.index(fewest)
            return Begin(place, is_gathered=place not in ordered)
        if len(drivers) == 1:
            break
    return Begin(ordered[0]) if ordered else Begin()
