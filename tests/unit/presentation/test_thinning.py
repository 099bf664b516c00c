import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.presentation.plots.thinning import MAX_POINTS, Point, ThinLine
from tests.strategies import finite_floats


def thinned(points: list[Point], page: int = 500) -> ThinLine:
    line = ThinLine()
    for start in range(0, len(points), page):
        line.add(points[start : start + page])
    return line


@pytest.mark.parametrize("count", [0, 1, 2, MAX_POINTS - 1])
def test_a_short_line_stays_as_it_is(count: int) -> None:
    points = [(step * 3, math.sin(step)) for step in range(count)]
    assert thinned(points).points() == points


@pytest.mark.parametrize("count", [MAX_POINTS, MAX_POINTS + 1, 4 * MAX_POINTS + 1, 123_457])
def test_a_long_line_keeps_its_ends_and_its_peaks(count: int) -> None:
    points = [(step, math.sin(step / count * 20)) for step in range(count)]
    points[count // 3] = (count // 3, 9.0)
    points[count // 2] = (count // 2, -9.0)
    line = thinned(points)
    kept = line.points()
    assert line.count == count
    assert MAX_POINTS // 4 < len(kept) <= MAX_POINTS
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert {points[count // 3], points[count // 2]} <= set(kept)


@given(st.lists(finite_floats, min_size=MAX_POINTS, max_size=MAX_POINTS + 9))
def test_what_is_kept_was_there_and_in_its_order(values: list[float]) -> None:
    points = list(enumerate(values))
    kept = thinned(points).points()
    assert kept == sorted(set(kept))
    assert set(kept) <= set(points)
    assert (min(values), max(values)) == (min(value for _, value in kept), max(value for _, value in kept))
