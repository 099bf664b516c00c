import json
from datetime import UTC, datetime

import pytest

from modelyard.domain.lifecycle import Stage
from modelyard.domain.metric import MetricKey, MetricPoint, Sampled
from modelyard.presentation.plots.comparison import MAX_PANELS, Measured, comparison_plot
from modelyard.presentation.plots.history import FEW, history_plot
from modelyard.presentation.plots.leaderboard import Bar, leaderboard_plot
from modelyard.presentation.plots.look import PALETTES, SCHEMA, Document, Look, Palette, Theme

LOOK = Look(width=500, height=300, theme=Theme.LIGHT)


def history(shown: int, count: int | None = None) -> Document:
    key, moment = MetricKey(name="loss", dataset="holdout", slice="age<30"), datetime(2026, 1, 1, tzinfo=UTC)
    points = [MetricPoint(key=key, step=step * 10, value=1 / (step + 1), recorded_at=moment) for step in range(shown)]
    return history_plot("churn:4", key, Sampled(points=points, count=count or shown), LOOK)


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=list(PALETTES))
def test_all_colours_stand_out_from_the_background(palette: Palette) -> None:
    assert contrast(palette.ink, palette.background) >= 7
    assert len(set(palette.series)) == len(palette.series)
    for colour in palette.series:
        assert contrast(colour, palette.background) >= 3, colour


def test_a_history_says_what_is_seen() -> None:
    plot = history(3)
    assert plot["$schema"] == SCHEMA
    assert plot["title"]["text"] == "loss of churn:4"
    assert plot["title"]["subtitle"] == "dataset holdout · slice age<30 · steps 0 to 20"
    assert plot["data"]["values"] == [
        {"step": 0, "value": 1.0},
        {"step": 10, "value": 0.5},
        {"step": 20, "value": 1 / 3},
    ]
    assert history(9, 5000)["title"]["subtitle"].endswith("steps 0 to 80 · the extremes of 5,000 values")
    assert history(0)["title"]["subtitle"].endswith("no values yet")


def test_points_are_marked_while_they_are_few() -> None:
    assert history(1)["mark"]["point"]
    assert history(FEW)["mark"]["point"]
    assert not history(FEW + 1)["mark"]["point"]


def test_a_leaderboard_keeps_its_order_and_marks_production_in_words() -> None:
    standings = [
        Bar(version="b:2", stage=Stage.DRAFT, value=0.93),
        Bar(version="a:1", stage=Stage.PRODUCTION, value=0.91234567),
    ]
    plot = leaderboard_plot("auc@holdout", "the best first", standings, LOOK)
    assert [(row["version"], row["shown"], row["production"]) for row in plot["data"]["values"]] == [
        ("b:2", "0.93", False),
        ("a:1 (production)", "0.912346", True),
    ]
    assert plot["encoding"]["y"]["sort"] is None
    assert set(plot["layer"][0]["encoding"]["color"]["scale"]["domain"]) == set(Stage)


def test_a_comparison_has_a_panel_with_a_scale_of_its_own_for_each_metric() -> None:
    values = [
        Measured(metric=metric, version=f"churn:{number}", stage=stage, value=number * scale)
        for metric, scale in (("auc", 0.1), ("latency", 100.0))
        for number, stage in ((1, Stage.PRODUCTION), (2, Stage.DRAFT))
    ]
    plot = comparison_plot("churn", "", values, LOOK)
    assert plot["facet"]["sort"] == ["auc", "latency"]
    assert plot["resolve"] == {"scale": {"y": "independent"}}
    assert plot["spec"]["layer"][0]["encoding"]["color"]["scale"]["domain"] == ["churn:1 (production)", "churn:2"]


def test_a_comparison_of_very_many_metrics_says_that_it_shows_some() -> None:
    values = [Measured(metric=f"m{n}", version="churn:1", stage=Stage.DRAFT, value=n) for n in range(MAX_PANELS + 5)]
    plot = comparison_plot("churn", "one version", values, LOOK)
    assert len(plot["facet"]["sort"]) == len(plot["data"]["values"]) == MAX_PANELS
    assert plot["title"]["subtitle"] == f"one version · the first {MAX_PANELS} of {MAX_PANELS + 5} metrics"


def test_documents_are_json() -> None:
    assert json.loads(json.dumps(history(3), allow_nan=False)) == history(3)
