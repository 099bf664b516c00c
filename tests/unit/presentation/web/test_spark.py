import re

import pytest

from modelyard.presentation.web.views.spark import HEIGHT, MARGIN, WIDTH, spark_view


def test_one_value_is_no_way() -> None:
    assert spark_view("auc", []) is None
    assert spark_view("auc", [(1, 0.9)]) is None


def test_the_lowest_stands_below_and_the_highest_above() -> None:
    view = spark_view("auc", [(1, 0.5), (2, 1.0), (4, 0.75)])
    assert view is not None
    assert view.points == f"{MARGIN}.0,{HEIGHT - MARGIN}.0 {WIDTH / 2},{MARGIN}.0 {WIDTH - MARGIN}.0,{HEIGHT / 2}"
    assert view.label == "auc of 3 versions, from 0.5 to 0.75"


@pytest.mark.parametrize("values", [[0.9, 0.9], [-1.7e308, 1.7e308, 0.0], [5e-324, 0.0]])
def test_it_stays_in_its_box(values: list[float]) -> None:
    view = spark_view("auc", list(enumerate(values)))
    assert view is not None
    for x, y in re.findall(r"([\d.]+),([\d.]+)", view.points):
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT
