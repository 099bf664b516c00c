"""Long lines in few points."""

from collections.abc import Iterable, Iterator, Sequence

Point = tuple[int, float]

MAX_POINTS = 1_000
"""More than a picture has places for; a document with them is drawn in a tenth of a second."""


class ThinLine:
    """Keeps the shape of a line, however long it is, in at most 1,000 points.

    Of each four points beside each other the lowest and the highest stay, again and again while there are too many. So
    a peak of one point stays to be seen, which an average or every hundredth point would lose.
    """

    def __init__(self) -> None:
        self.count = 0
        """How many points the line has."""

        self._points: list[Point] = []
        self._last: Point | None = None

    def add(self, points: Iterable[Point]) -> None:
        """Go on with points beyond those that it has."""
        for point in points:
            self._last = point
            self.count += 1
            self._points.append(point)
            if len(self._points) > 4 * MAX_POINTS:
                self._points = list(_extremes(self._points))

    def points(self) -> list[Point]:
        """What is left of it, by step; the first and the last point always are."""
        kept = self._points
        while len(kept) > MAX_POINTS - 1:
            kept = list(_extremes(kept))
        return [*kept, self._last] if self._last is not None and self._last not in kept[-1:] else kept


def _extremes(points: Sequence[Point]) -> Iterator[Point]:
    yield points[0]
    for start in range(1, len(points), 4):
        four = points[start : start + 4]
        low, high = min(four, key=_value), max(four, key=_value)
        yield from sorted({low, high})


def _value(point: Point) -> float:
    return point[1]
