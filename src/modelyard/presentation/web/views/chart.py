"""Lines in a frame: what is measured against steps or versions. Drawn here, and again by Plotly where scripts run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.presentation.web.formats import number_text

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 28
MAX_SERIES = 6
"""Colours that can be told apart in light and dark."""

_DOTS = 80
_TABLE = 100

Point = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Series:
    """A named line through points, ordered by their first number; without a colour, that of its place."""

    name: str
    points: Sequence[Point]
    colour: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TickView:
    """A number beside an axis, and where."""

    at: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """A line; `dots` are its points, where they are few enough to be told apart."""

    name: str
    points: str
    dots: tuple[tuple[str, str], ...]
    colour: int
    """The number of its colour, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """The frame, its lines, and the same numbers as a table and for the script."""

    label: str
    x_label: str
    lines: tuple[LineView, ...]
    x_ticks: tuple[TickView, ...]
    y_ticks: tuple[TickView, ...]
    data: dict[str, object]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    left_out: int
    """Series beyond those that are shown."""


def chart_view(label: str, x_label: str, series: Sequence[Series]) -> ChartView | None:
    """The chart; None where there is no point at all."""
    shown = [each for each in series if each.points][:MAX_SERIES]
    if not shown:
        return None
    xs = sorted({x for each in shown for x, _ in each.points})
    ys = [y for each in shown for _, y in each.points]
    across = _Scale(xs[0], xs[-1], LEFT, WIDTH - RIGHT)
    low, high = _padded(min(ys), max(ys))
    down = _Scale(low, high, HEIGHT - BOTTOM, TOP)
    return ChartView(
        label=label,
        x_label=x_label,
        lines=tuple(_line(each, across, down, each.colour or place) for place, each in enumerate(shown, 1)),
        x_ticks=tuple(_tick(across, x) for x in _whole_ticks(xs)),
        y_ticks=tuple(_tick(down, y) for y in _ticks(low, high)),
        data=_data(x_label, shown),
        rows=_rows(xs, shown),
        left_out=max(0, len(series) - MAX_SERIES),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """From numbers to places. Halves are taken first: the difference of two finite numbers need not be finite."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> str:
        span = self.high / 2 - self.low / 2
        part = 0.5 if span == 0 else (value / 2 - self.low / 2) / span
        return f"{self.start + (self.end - self.start) * part:.1f}"


def _padded(low: float, high: float) -> tuple[float, float]:
    margin = (high / 2 - low / 2) / 8 or abs(high) / 20 or 0.5
    return max(low - margin, -1.7e308), min(high + margin, 1.7e308)


def _line(series: Series, across: _Scale, down: _Scale, colour: int) -> LineView:
    places = [(across.place(x), down.place(y)) for x, y in series.points]
    return LineView(
        name=series.name,
        points=" ".join(f"{x},{y}" for x, y in places),
        dots=tuple(places) if len(places) <= _DOTS else (),
        colour=colour,
    )


def _tick(scale: _Scale, value: float) -> TickView:
    return TickView(at=scale.place(value), text=number_text(value))


def _ticks(low: float, high: float) -> list[float]:
    """About four round numbers between."""
    step = _round_step(high / 4 - low / 4)
    if step == 0 or not math.isfinite(high - low):
        return [low, high]
    first = math.ceil(low / step)
    return [round(index * step, 12) for index in range(first, math.floor(high / step) + 1)]


def _round_step(rough: float) -> float:
    if rough <= 0 or not math.isfinite(rough):
        return 0
    power = 10.0 ** math.floor(math.log10(rough))
    return next((power * factor for factor in (1, 2, 5) if rough <= power * factor), power * 10)


def _whole_ticks(xs: Sequence[int]) -> Sequence[int]:
    """Steps and versions are whole numbers: at most eight of those that there are."""
    if len(xs) <= 8:
        return xs
    step = max(1, round(_round_step((xs[-1] - xs[0]) / 6)))
    return range(-(-xs[0] // step) * step, xs[-1] + 1, step)


def _data(x_label: str, series: Sequence[Series]) -> dict[str, object]:
    return {
        "x": x_label,
        "series": [
            {
                "name": each.name,
                "colour": each.colour or place,
                "x": [x for x, _ in each.points],
                "y": [y for _, y in each.points],
            }
            for place, each in enumerate(series, 1)
        ],
    }


def _rows(xs: Sequence[int], series: Sequence[Series]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The newest numbers of all series beside each other."""
    values = [dict(each.points) for each in series]
    return tuple((str(x), tuple(number_text(by_x[x]) if x in by_x else "" for by_x in values)) for x in xs[-_TABLE:])
