"""A line in the size of a word: the way that a number has taken."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.presentation.web.formats import number_text

WIDTH, HEIGHT, MARGIN = 88, 24, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkView:
    """The line's points in a box of `WIDTH` by `HEIGHT`, its end, and in words what it shows."""

    points: str
    end_x: str
    end_y: str
    label: str


def spark_view(name: str, values: Sequence[tuple[int, float]]) -> SparkView | None:
    """Values by version; None where there are fewer than two, which is no way."""
    if len(values) < 2:
        return None
    numbers = [value for _, value in values]
    low, high = min(numbers), max(numbers)
    # Half of each, since the difference of two finite numbers need not be finite.
    span = high / 2 - low / 2
    across, down = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    places = [
        (
            MARGIN + across * index / (len(numbers) - 1),
            HEIGHT / 2 if span == 0 else MARGIN + down * (1 - (value / 2 - low / 2) / span),
        )
        for index, value in enumerate(numbers)
    ]
    written = [f"{x:.1f},{y:.1f}" for x, y in places]
    end_x, end_y = written[-1].split(",")
    label = f"{name} of {len(numbers)} versions, from {number_text(numbers[0])} to {number_text(numbers[-1])}"
    return SparkView(points=" ".join(written), end_x=end_x, end_y=end_y, label=label)
