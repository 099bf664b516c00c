"""The plot of one metric by step."""

from modelyard.domain.metric import MetricKey, Sampled
from modelyard.presentation.plots.look import Document, Look, document, whole

FEW = 60
"""Up to here each point is marked; more would hide the line."""


def history_plot(version: str, key: MetricKey, line: Sampled, look: Look) -> Document:
    """A line by step. The title names metric and version, the subtitle dataset and slice, and what is not shown."""
    points = [(point.step, point.value) for point in line.points]
    title = f"{key.name} of {version}"
    parts = [
        f"dataset {key.dataset}" if key.dataset else "",
        f"slice {key.slice}" if key.slice else "",
        f"steps {points[0][0]} to {points[-1][0]}" if points else "no values yet",
        f"the extremes of {line.count:,} values" if line.count > len(points) else "",
    ]
    colour = look.palette.series[0]
    mark = {"type": "line", "color": colour, "point": {"color": colour} if len(points) <= FEW else False}
    view = {
        **whole(look),
        "mark": mark,
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "title": "step", "scale": {"zero": False, "nice": False}},
            "y": {"field": "value", "type": "quantitative", "title": None, "scale": {"zero": False}},
        },
    }
    rows = [{"step": step, "value": value} for step, value in points]
    return document(look, title, " \u00b7 ".join(filter(None, parts)), rows, view)
