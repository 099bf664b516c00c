import json

import pytest

from benchmarks.findings import Finding, Target, at_least, at_most
from benchmarks.series import Series


def finding(figure: float, beside: float | None, target: Target | None, beside_what: str = "other") -> Finding:
    return Finding(
        what="x",
        figure=Series.of(figure),
        unit="s",
        beside_what=beside_what,
        beside=None if beside is None else Series.of(beside),
        target=target,
    )


@pytest.mark.parametrize(
    ("target", "value", "is_met"),
    [
        (at_least(0.4), 0.4, True),
        (at_least(0.4), 0.39, False),
        (at_most(2.5), 2.5, True),
        (at_most(2.5), 2.51, False),
        (at_most(0), 0, True),
    ],
)
def test_a_bound_itself_meets_the_target(target: Target, value: float, is_met: bool) -> None:
    assert target.is_met_by(value) is is_met


def test_the_target_is_about_the_ratio_where_something_stands_beside_the_figure() -> None:
    assert finding(50, 100, at_least(0.4)).is_met is True
    assert finding(30, 100, at_least(0.4)).is_met is False


def test_the_target_is_about_the_figure_where_nothing_stands_beside_it() -> None:
    assert finding(30, None, at_most(32), beside_what="").is_met is True
    assert finding(33, None, at_most(32), beside_what="").is_met is False


def test_a_target_stays_open_where_its_other_side_could_not_be_measured() -> None:
    assert finding(1000, None, at_least(0.9), beside_what="nginx (not installed)").is_met is None


def test_a_figure_without_a_target_is_neither_met_nor_missed() -> None:
    assert finding(1, 2, None).is_met is None


def test_the_document_holds_every_value_and_is_plain_json() -> None:
    rows = Finding(
        what="read by alias",
        figure=Series.of(40, 60, 50),
        unit="a second",
        beside_what="an empty endpoint",
        beside=Series.of(100, 100, 100),
        target=at_least(0.4),
    )
    assert json.loads(json.dumps(rows.document())) == {
        "what": "read by alias",
        "unit": "a second",
        "figure": 50,
        "figures": [40, 60, 50],
        "beside_what": "an empty endpoint",
        "beside": 100,
        "besides": [100, 100, 100],
        "ratio": 0.5,
        "ratios": [0.4, 0.6, 0.5],
        "target": {"bound": 0.4, "is_ceiling": False},
        "is_met": True,
    }


def test_the_document_of_a_lone_figure_says_that_nothing_stands_beside_it() -> None:
    document = finding(1, None, None, beside_what="").document()
    assert {name for name, value in document.items() if value is None} == {
        "beside_what",
        "beside",
        "besides",
        "ratio",
        "ratios",
        "target",
        "is_met",
    }
