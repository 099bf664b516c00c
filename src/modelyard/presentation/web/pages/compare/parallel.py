"""Parallel coordinates: an axis for each number that differs, and a line through them for each version.

Drawn as SVG of our own: those of Plotly need WebGL, and that needs what the policy of the pages refuses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelyard.application.queries.comparing import Cell, Comparison, Row, Section
from modelyard.presentation.web.formats import number_text

MAX_AXES = 10
_HEIGHT = 300
_TOP = 56
_BOTTOM = 268
_STEP = 150
_MARGIN = 90
_LONGEST_NAME = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisView:
    """One number, from its smallest value at the bottom to its greatest at the top."""

    x: int
    name: str
    title: str
    top: str
    bottom: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """A version's way through the axes: stretches, which end where a value is missing, and its points."""

    name: str
    series: int
    stretches: tuple[str, ...]
    points: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelView:
    """The drawing, in pixels."""

    width: int
    height: int
    top: int
    bottom: int
    axes: tuple[AxisView, ...]
    lines: tuple[LineView, ...]
    left_out: int
    """Axes for which there is no room."""


def parallel_view(found: Comparison, names: Sequence[str], series: Sequence[int]) -> ParallelView | None:
    """The drawing; None where fewer than two numbers differ, since then there is nothing to follow."""
    rows = sorted(filter(_is_axis, found.rows), key=lambda row: (row.section is not Section.PARAMS, is_of_slice(row)))
    if len(rows) < 2:
        return None
    shown = rows[:MAX_AXES]
    axes = tuple(_axis(place, row) for place, row in enumerate(shown))
    lines = tuple(_line(name, series[place], place, shown) for place, name in enumerate(names))
    width = 2 * _MARGIN + (len(shown) - 1) * _STEP
    return ParallelView(
        width=width,
        height=_HEIGHT,
        top=_TOP,
        bottom=_BOTTOM,
        axes=axes,
        lines=lines,
        left_out=len(rows) - len(shown),
    )


def _is_axis(row: Row) -> bool:
    """Of parameters and of metrics, those whose values are numbers, and not all the same."""
    if row.section not in {Section.PARAMS, Section.METRICS}:
        return False
    values = list(_values(row))
    given = [cell for cell in row.cells if cell is not None]
    return len(values) == len(given) and len(set(values)) > 1


def is_of_slice(row: Row) -> bool:
    """Whether a metric is of a part of a dataset: of these there are many, and they come behind the others."""
    return row.section is Section.METRICS and "/" in row.name


def _values(row: Row) -> Iterator[float]:
    return (value for value in map(number_of, row.cells) if value is not None)


def number_of(cell: Cell | None) -> float | None:
    """The number in a cell; true and false are none."""
    if cell is None or isinstance(cell.value, bool) or not isinstance(cell.value, int | float):
        return None
    return float(cell.value)


def _axis(place: int, row: Row) -> AxisView:
    values = list(_values(row))
    is_long = len(row.name) > _LONGEST_NAME
    return AxisView(
        x=_x(place),
        name=f"{row.name[: _LONGEST_NAME - 1]}…" if is_long else row.name,
        title=row.name,
        top=number_text(max(values)),
        bottom=number_text(min(values)),
    )


def _line(name: str, series: int, version: int, rows: Sequence[Row]) -> LineView:
    stretches: list[list[str]] = [[]]
    points = []
    for place, row in enumerate(rows):
        value = number_of(row.cells[version])
        if value is None:
            stretches.append([])
            continue
        x, y = _x(place), _y(value, row)
        stretches[-1].append(f"{x},{y:g}")
        points.append((float(x), y, f"{name}: {row.name} {number_text(value)}"))
    return LineView(
        name=name,
        series=series,
        stretches=tuple(" ".join(stretch) for stretch in stretches if len(stretch) > 1),
        points=tuple(points),
    )


def _x(place: int) -> int:
    return _MARGIN + place * _STEP


def _y(value: float, row: Row) -> float:
    values = list(_values(row))
    low, high = min(values) / 2, max(values) / 2  # halves, since the whole way may be longer than a float can say
    share = (value / 2 - low) / (high - low) if high > low else 0.0
    return round(_BOTTOM - share * (_BOTTOM - _TOP), 1)
