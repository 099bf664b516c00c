"""Repeated measurements: interleaved rounds, medians, percentiles."""

import math
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Series:
    """One value a round."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, *values: float) -> "Series":
        """The values of some rounds, of which there is at least one."""
        if not values:
            raise ValueError("a series has at least one value")
        return cls(values)

    @property
    def median(self) -> float:
        """The middle one, which a single disturbed round does not move."""
        return statistics.median(self.values)

    def over(self, other: "Series") -> "Series":
        """The ratios, round by round: what slows a whole round down is in both of its values."""
        return Series.of(*(mine / its for mine, its in zip(self.values, other.values, strict=True)))


def interleaved(what: str, rounds: int, measures: Mapping[str, Callable[[], T]]) -> dict[str, list[T]]:
    """Measure A B A B …, so that a slow minute of the machine strikes all of them.

    One round more goes ahead, in which caches fill and lazy parts are imported; it is not counted.
    """
    results: dict[str, list[T]] = {name: [] for name in measures}
    for number in range(rounds + 1):
        for name, measure in measures.items():
            announce(f"{what}: {f'round {number} of {rounds}' if number else 'warming up'}, {name}")
            result = measure()
            if number:
                results[name].append(result)
    return results


def announce(step: str) -> None:
    """Tell the waiting person what is going on, beside the figures on stdout."""
    print(step, file=sys.stderr, flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed (nearest rank)."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
