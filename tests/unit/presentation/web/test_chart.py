import re

import pytest

from modelyard.presentation.web.views.chart import HEIGHT, MAX_SERIES, WIDTH, Series, chart_view


def test_without_points_there_is_no_chart() -> None:
    assert chart_view("auc", "step", []) is None
    assert chart_view("auc", "step", [Series("auc", [])]) is None


def test_ticks_are_round_and_lie_within() -> None:
    view = chart_view("auc", "version", [Series("auc", [(1, 0.892), (2, 0.904), (6, 0.952)])])
    assert view is not None
    assert [tick.text for tick in view.y_ticks] == ["0.9", "0.92", "0.94"]
    assert [tick.text for tick in view.x_ticks] == ["1", "2", "6"]


def test_many_steps_have_few_ticks() -> None:
    view = chart_view("loss", "step", [Series("loss", [(step, 1.0) for step in range(1000)])])
    assert view is not None
    assert [tick.text for tick in view.x_ticks] == ["0", "200", "400", "600", "800"]
    assert view.lines[0].dots == ()


def test_series_share_the_frame_and_the_table() -> None:
    view = chart_view("loss", "step", [Series("train", [(0, 1.0), (1, 0.5)]), Series("test", [(1, 0.75)])])
    assert view is not None
    assert [(line.name, line.colour) for line in view.lines] == [("train", 1), ("test", 2)]
    assert view.rows == (("0", ("1", "")), ("1", ("0.5", "0.75")))
    assert view.data == {
        "x": "step",
        "series": [
            {"name": "train", "colour": 1, "x": [0, 1], "y": [1.0, 0.5]},
            {"name": "test", "colour": 2, "x": [1], "y": [0.75]},
        ],
    }


def test_no_more_lines_than_can_be_told_apart() -> None:
    view = chart_view("auc", "step", [Series(str(index), [(1, 1.0)]) for index in range(MAX_SERIES + 2)])
    assert view is not None
    assert (len(view.lines), view.left_out) == (MAX_SERIES, 2)


@pytest.mark.parametrize(
    "values", [[0.0], [1e308, -1e308], [-1.7976931348623157e308, 1.7976931348623157e308], [5e-324, 0.0], [1e-9, 1e9]]
)
def test_whatever_was_measured_stays_in_the_frame(values: list[float]) -> None:
    view = chart_view("auc", "step", [Series("auc", list(enumerate(values)))])
    assert view is not None
    places = [(float(x), float(y)) for x, y in re.findall(r"([-\d.]+),([-\d.]+)", view.lines[0].points)]
    ticks = [float(tick.at) for tick in view.y_ticks]
    assert len(places) == len(values)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    assert len(ticks) <= 12
    assert all(0 <= at <= HEIGHT for at in ticks)
