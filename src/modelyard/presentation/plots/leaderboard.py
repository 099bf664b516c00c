"""The plot of a leaderboard."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.domain.lifecycle import Stage
from modelyard.presentation.plots.look import Document, Look, document, label, labelled_bars, shown, whole

_COLOURS = {Stage.PRODUCTION: 0, Stage.STAGING: 1, Stage.DRAFT: 2, Stage.ARCHIVED: 6}
"""By their place in the palette; archived versions are grey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A version with its value."""

    version: str
    stage: Stage
    value: float


def versioned(name: str, stage: Stage) -> str:
    """The name of a version; of one in production with a word about that."""
    return f"{name} (production)" if stage is Stage.PRODUCTION else label(name)


def leaderboard_plot(title: str, subtitle: str, bars: Sequence[Bar], look: Look) -> Document:
    """Horizontal bars in the order of the leaderboard, with their values; stage as colour, production also in words."""
    rows = [
        {
            "version": versioned(bar.version, bar.stage),
            "stage": bar.stage.value,
            "value": bar.value,
            "production": bar.stage is Stage.PRODUCTION,
            "shown": shown(bar.value),
        }
        for bar in bars
    ]
    colours = {stage.value: look.palette.series[index] for stage, index in _COLOURS.items()}
    view = {
        **whole(look),
        "encoding": {
            "y": {"field": "version", "type": "nominal", "sort": None, "title": None},
            "x": {"field": "value", "type": "quantitative", "title": None},
        },
        "layer": labelled_bars(look, "stage", colours, {"align": "left", "dx": 4}),
    }
    return document(look, title, subtitle, rows, view)
