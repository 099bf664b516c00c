import json
from datetime import UTC, datetime

import pytest

from modelyard.domain.metric import MetricKey, MetricPoint, Sampled
from modelyard.presentation.plots.history import FEW, history_plot
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


def test_documents_are_json() -> None:
    assert json.loads(json.dumps(history(3), allow_nan=False)) == history(3)
