"""What a comparison says, without HTML."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from modelyard.application.queries.comparing import Cell, Comparison, Row, Section
from modelyard.application.queries.courses import Course, Courses
from modelyard.domain.digest import digest_of
from modelyard.domain.json_value import JsonValue
from modelyard.domain.lifecycle import Stage
from modelyard.domain.metric import MetricKey, MetricPoint, Sampled
from modelyard.domain.model_version import ModelVersion
from modelyard.presentation.web.pages.compare.address import ComparedAddress
from modelyard.presentation.web.pages.compare.bars import MAX_BARS, WIDTH, bars_view
from modelyard.presentation.web.pages.compare.parallel import MAX_AXES, parallel_view
from modelyard.presentation.web.pages.compare.view import MOST_CELLS, CompareView, compare_view

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


_NOTHING: dict[str, Any] = {
    **dict.fromkeys(("framework", "signature", "lineage")),
    **dict.fromkeys(("description", "card"), ""),
    **{key: {} for key in ("tags", "metadata", "params", "metrics")},
    **dict.fromkeys(("aliases", "files"), ()),
    **dict.fromkeys(("size_bytes", "file_count"), 0),
    **dict.fromkeys(("stage_changed_at", "created_at", "updated_at"), NOW),
    **dict.fromkeys(("created_by", "updated_by"), "ada"),
}


def version(number: int) -> ModelVersion:
    return ModelVersion(
        id=number,
        model_id=1,
        model="churn",
        number=number,
        stage=Stage.DRAFT,
        digest=digest_of(b""),
        has_been_in_production=False,
        revision=1,
        **_NOTHING,
    )


def row(section: Section, name: str, *values: Any, deltas: list[float | None] | None = None) -> Row:
    cells = [None if value is ... else Cell(value) for value in values]
    return Row(section=section, name=name, cells=cells, deltas=deltas)


def comparison(*rows: Row, count: int = 2, baseline: int = 0) -> Comparison:
    versions = [version(number) for number in range(1, count + 1)]
    return Comparison(versions=versions, baseline=baseline, rows=rows, is_complete=True)


def view_of(found: Comparison) -> CompareView:
    names = [f"churn:{each.number}" for each in found.versions]
    address = ComparedAddress(versions=names, baseline=found.baseline + 1)
    return compare_view(found, Courses(shown=[], count=0), address, NOW)


@pytest.mark.parametrize(
    ("address", "href"),
    [
        (ComparedAddress(versions=[]), "/compare"),
        (ComparedAddress(versions=["a:1", "b@c"]), "/compare?version=a%3A1&version=b%40c"),
        (ComparedAddress(versions=["a:1", "a:2"], baseline=2), "/compare?version=a%3A1&version=a%3A2&baseline=2"),
        (
            ComparedAddress(versions=["a b:1"], has_differences_only=True),
            "/compare?version=a+b%3A1&differences=true",
        ),
    ],
)
def test_the_address_is_the_whole_state(address: ComparedAddress, href: str) -> None:
    assert address.href == href


@pytest.mark.parametrize(
    ("baseline", "removed", "left"), [(1, 0, 1), (1, 2, 1), (2, 1, 1), (3, 0, 2), (3, 1, 2), (2, 2, 2)]
)
def test_the_baseline_stays_the_same_version_when_another_one_goes(baseline: int, removed: int, left: int) -> None:
    address = ComparedAddress(versions=["a:1", "a:2", "a:3"], baseline=baseline)
    assert address.without(removed).baseline == left


def test_a_metric_says_how_far_it_is_from_the_baseline() -> None:
    found = comparison(row(Section.METRICS, "auc", 0.9, 0.85, 0.9, deltas=[0.0, -0.05, 0.0]), count=3)
    [section] = view_of(found).sections
    cells = section.rows[0].cells
    assert [(cell.text, cell.delta, cell.way) for cell in cells] == [
        ("0.9", "", ""),
        ("0.85", "\u22120.05", "down"),
        ("0.9", "±0", "same"),
    ]
    assert [cell.is_odd for cell in cells] == [False, True, False]


def test_what_differs_is_marked_and_counted_by_section() -> None:
    found = comparison(
        row(Section.PARAMS, "depth", 8, ...),
        row(Section.PARAMS, "loss", "log", "log"),
        row(Section.TAGS, "t", "a", "a"),
    )
    params, tags = view_of(found).sections
    assert (params.title, params.count, tags.count) == ("Parameters", "1 difference", "all the same")
    assert [each.is_different for each in params.rows] == [True, False]
    assert params.rows[0].cells[1].is_missing


@pytest.mark.parametrize(
    ("section", "name", "value", "text"),
    [
        (Section.PARAMS, "layers", [16, 8], "[16, 8]"),
        (Section.PARAMS, "early", True, "true"),
        (Section.METADATA, "ü", {"a": "ö"}, '{"a": "ö"}'),
        (Section.VERSION, "size_bytes", 2048, "2.0 KiB"),
        (Section.VERSION, "digest", "sha256:" + "ab" * 32, "abababababab"),
        (Section.FILES, "m.bin", {"digest": "sha256:" + "cd" * 32, "size_bytes": 5}, "5 B · cdcdcdcdcdcd"),
    ],
)
def test_values_are_told_as_people_read_them(section: Section, name: str, value: JsonValue, text: str) -> None:
    [shown] = view_of(comparison(row(section, name, value, value))).sections
    assert shown.rows[0].cells[0].text == text


def test_no_more_rows_are_shown_than_a_browser_can_lay_out() -> None:
    rows = [row(Section.PARAMS, f"p{place}", *range(100)) for place in range(MOST_CELLS // 100 + 5)]
    view = view_of(comparison(row(Section.METRICS, "auc", *range(100)), *rows, count=100))
    assert not view.is_complete
    assert [len(section.rows) for section in view.sections] == [1, MOST_CELLS // 100 - 1]


def test_a_version_leaves_only_where_two_remain() -> None:
    assert [column.remove_href for column in view_of(comparison(count=2)).columns] == ["", ""]
    assert view_of(comparison(count=3)).columns[2].remove_href == "/compare?version=churn%3A1&version=churn%3A2"


def test_the_same_comparison_can_be_had_from_the_api() -> None:
    assert view_of(comparison(baseline=1)).export_href == "/api/v1/compare?versions=churn:1,churn:2&baseline=2"


def lines_of(*rows: Row, count: int = 2) -> Mapping[str, Any]:
    view = parallel_view(comparison(*rows, count=count), [f"v{n}" for n in range(count)], [1] * count)
    assert view is not None
    return {"axes": [axis.name for axis in view.axes], "lines": view.lines, "view": view}


def test_axes_are_the_numbers_that_differ_parameters_first() -> None:
    drawn = lines_of(
        row(Section.METRICS, "auc", 0.9, 0.8),
        row(Section.METRICS, "f1", 0.5, 0.5),
        row(Section.PARAMS, "depth", 4, 8),
        row(Section.PARAMS, "loss", "a", "b"),
        row(Section.PARAMS, "early", True, False),
        row(Section.VERSION, "size_bytes", 1, 2),
    )
    assert drawn["axes"] == ["depth", "auc"]
    first, second = drawn["lines"]
    view = drawn["view"]
    assert [point[1] for point in first.points] == [view.bottom, view.top]
    assert [point[1] for point in second.points] == [view.top, view.bottom]


def test_metrics_of_slices_come_behind_those_of_whole_datasets() -> None:
    rows = [row(Section.METRICS, name, 1, 2) for name in ("auc@h/a<1", "auc@h/b", "f1", "loss@t")]
    assert lines_of(*rows)["axes"] == ["f1", "loss@t", "auc@h/a<1", "auc@h/b"]
    bars = bars_view(comparison(*rows), ["a", "b"], [1, 2])
    assert bars is not None
    assert [panel.metric for panel in bars.panels][:2] == ["f1", "loss@t"]


def test_a_line_is_broken_where_a_value_is_missing() -> None:
    metrics = [row(Section.METRICS, name, 1, 2, ... if name == "m2" else 3) for name in ("m1", "m2", "m3", "m4")]
    line = lines_of(*metrics, count=3)["lines"][2]
    assert (len(line.points), len(line.stretches)) == (3, 1)


def test_the_widest_and_the_narrowest_numbers_can_be_drawn() -> None:
    drawn = lines_of(row(Section.METRICS, "wide", -1.7e308, 1.7e308), row(Section.METRICS, "narrow", 0.0, 5e-324))
    view = drawn["view"]
    for line in drawn["lines"]:
        assert all(view.top <= y <= view.bottom for _, y, _ in line.points)


def test_with_one_number_there_is_nothing_to_follow() -> None:
    found = comparison(row(Section.METRICS, "auc", 0.9, 0.8))
    assert parallel_view(found, ["a", "b"], [1, 2]) is None


def test_axes_without_room_are_counted() -> None:
    rows = [row(Section.METRICS, f"m{place:02}", place, place + 1) for place in range(MAX_AXES + 3)]
    assert lines_of(*rows)["view"].left_out == 3


def test_colours_begin_again() -> None:
    found = replace(comparison(count=8))
    assert [column.series for column in view_of(found).columns] == [1, 2, 3, 4, 5, 6, 1, 2]


def test_bars_begin_at_nought() -> None:
    bars = bars_view(comparison(row(Section.METRICS, "auc", 0.5, 1.0, ...), count=3), ["a", "b", "c"], [1, 2, 3])
    assert bars is not None
    [panel] = bars.panels
    assert [(bar.name, bar.x, bar.width, bar.text) for bar in panel.bars] == [
        ("a", 0.0, WIDTH / 2, "0.5"),
        ("b", 0.0, WIDTH, "1"),
    ]


def test_what_is_below_nought_goes_to_the_left_of_it() -> None:
    bars = bars_view(comparison(row(Section.METRICS, "gain", -1.7e308, 1.7e308)), ["a", "b"], [1, 2])
    assert bars is not None
    [panel] = bars.panels
    assert panel.zero == WIDTH / 2
    assert [(bar.x, bar.width) for bar in panel.bars] == [(0.0, WIDTH / 2), (WIDTH / 2, WIDTH / 2)]


def test_nought_alone_can_be_drawn() -> None:
    bars = bars_view(comparison(row(Section.METRICS, "errors", 0, 0)), ["a", "b"], [1, 2])
    assert bars is not None
    assert [bar.width for bar in bars.panels[0].bars] == [1, 1]


def test_without_metrics_or_with_too_many_versions_there_are_no_bars() -> None:
    assert bars_view(comparison(row(Section.PARAMS, "depth", 1, 2)), ["a", "b"], [1, 2]) is None
    many = comparison(row(Section.METRICS, "auc", *range(MAX_BARS + 1)), count=MAX_BARS + 1)
    assert bars_view(many, ["a"] * (MAX_BARS + 1), [1] * (MAX_BARS + 1)) is None


def test_courses_have_the_colours_of_their_versions() -> None:
    key = MetricKey(name="loss", dataset="train")
    points = [MetricPoint(key=key, step=step, value=1 / (step + 1), recorded_at=NOW) for step in range(3)]
    course = Course(key=key, lines=[None, Sampled(points=points, count=3)])
    address = ComparedAddress(versions=["churn:1", "churn:2"])
    [shown] = compare_view(comparison(), Courses(shown=[course], count=3), address, NOW).courses
    assert shown.name == "loss@train"
    assert shown.chart is not None
    assert [(line.name, line.colour) for line in shown.chart.lines] == [("churn:2", 2)]
