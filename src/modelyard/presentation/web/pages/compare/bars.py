"""Bars: for each metric, what each version has of it, from nought."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelyard.application.queries.comparing import Comparison, Row, Section
from modelyard.presentation.web.formats import number_text
from modelyard.presentation.web.pages.compare.parallel import is_of_slice, number_of

MAX_PANELS = 12
MAX_BARS = 24
WIDTH = 180
"""Of the longest bar, in units of the drawing."""

_ROW = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BarView:
    """One version's value."""

    name: str
    series: int
    text: str
    x: float
    y: int
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelView:
    """One metric."""

    metric: str
    height: int
    zero: float
    bars: tuple[BarView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BarsView:
    """All metrics that there is room for."""

    panels: tuple[PanelView, ...]
    left_out: int


def bars_view(found: Comparison, names: Sequence[str], series: Sequence[int]) -> BarsView | None:
    """The bars; None where nothing is measured, and where there are too many versions to tell bars apart."""
    rows = sorted((row for row in found.rows if row.section is Section.METRICS), key=is_of_slice)
    if not rows or len(names) > MAX_BARS:
        return None
    panels = tuple(_panel(row, names, series) for row in rows[:MAX_PANELS])
    return BarsView(panels=panels, left_out=len(rows) - len(panels))


def _panel(row: Row, names: Sequence[str], series: Sequence[int]) -> PanelView:
    measured = [(place, value) for place, cell in enumerate(row.cells) if (value := number_of(cell)) is not None]
    low = min(0.0, *(value for _, value in measured))
    high = max(0.0, *(value for _, value in measured))
    bars = tuple(_bars(measured, names, series, low, high))
    return PanelView(metric=row.name, height=_ROW * len(bars), zero=_place(0.0, low, high), bars=bars)


def _bars(
    measured: Sequence[tuple[int, float]], names: Sequence[str], series: Sequence[int], low: float, high: float
) -> Iterator[BarView]:
    for index, (place, value) in enumerate(measured):
        ends = sorted((_place(0.0, low, high), _place(value, low, high)))
        yield BarView(
            name=names[place],
            series=series[place],
            text=number_text(value),
            x=ends[0],
            y=index * _ROW,
            width=max(round(ends[1] - ends[0], 1), 1),
        )


def _place(value: float, low: float, high: float) -> float:
    """Halves, since the whole way may be longer than a float can say."""
    span = high / 2 - low / 2
    return round((value / 2 - low / 2) / span * WIDTH, 1) if span else 0.0
