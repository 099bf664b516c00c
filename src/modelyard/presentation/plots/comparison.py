"""The plot of a comparison of versions."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.domain.lifecycle import Stage
from modelyard.presentation.plots.leaderboard import versioned
from modelyard.presentation.plots.look import Document, Look, document, label, labelled_bars, shown, whole

MAX_PANELS = 24
COLUMNS = 3

_OUTSIDE = {"expr": "datum.value < 0 ? 'line-top' : 'line-bottom'"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The value of a metric of one of the versions."""

    metric: str
    version: str
    stage: Stage
    value: float


def comparison_plot(title: str, subtitle: str, values: Sequence[Measured], look: Look) -> Document:
    """A panel for each metric, with a scale of its own, and in it a bar for each version, production marked in words.

    `look` is that of a panel. The first 24 metrics are shown; the subtitle says so where there are more.
    """
    metrics = list(dict.fromkeys(label(value.metric) for value in values))
    panels = metrics[:MAX_PANELS]
    if not panels:  # a facet of nothing has no size
        nothing = {**whole(look), "mark": "bar"}
        return document(look, title, " \u00b7 ".join(filter(None, (subtitle, "no metrics yet"))), [], nothing)
    rows = [row for row in map(_row_of, values) if row["metric"] in panels]
    versions = dict.fromkeys(str(row["version"]) for row in rows)
    colours = dict(zip(versions, itertools.cycle(look.palette.series), strict=False))
    view = {
        "facet": {"field": "metric", "type": "nominal", "sort": panels, "title": None},
        "columns": COLUMNS,
        "resolve": {"scale": {"y": "independent"}},
        "spec": {
            "width": look.width,
            "height": look.height,
            "encoding": {
                "x": {"field": "version", "type": "nominal", "sort": None, "title": None, "axis": None},
                "y": {"field": "value", "type": "quantitative", "title": None},
            },
            "layer": labelled_bars(look, "version", colours, {"baseline": _OUTSIDE}),
        },
    }
    more = f"the first {MAX_PANELS} of {len(metrics)} metrics" if len(metrics) > MAX_PANELS else ""
    return document(look, title, " \u00b7 ".join(filter(None, (subtitle, more))), rows, view)


def _row_of(value: Measured) -> dict[str, str | float | bool]:
    return {
        "metric": label(value.metric),
        "version": versioned(value.version, value.stage),
        "value": value.value,
        "production": value.stage is Stage.PRODUCTION,
        "shown": shown(value.value),
    }
