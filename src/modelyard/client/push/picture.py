"""A picture of metrics as SVG: bars by name. Whatever shows files of a version can show it; it loads nothing."""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from modelyard.client.answers import Document

MOST: Final = 24
_ROW: Final = 26
_LEFT: Final = 220
_WIDTH: Final = 640
_BARS: Final = _WIDTH - _LEFT - 100


def metrics_picture(metrics: Sequence[Document]) -> str:
    """At most 24 metrics; a bar's length is its share of the largest value, negative ones in another colour."""
    shown = [(_label(metric), float(metric["value"])) for metric in metrics[:MOST]]
    largest = max((abs(value) for _, value in shown), default=0.0) or 1.0
    height = _ROW * len(shown) + 16
    rows = "".join(_row(place, label, value, abs(value) / largest) for place, (label, value) in enumerate(shown))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
        f' role="img" font-family="sans-serif" font-size="13"><title>Metrics</title>'
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>{rows}</svg>\n'
    )


def _row(place: int, label: str, value: float, share: float) -> str:
    top, width = 8 + place * _ROW, max(1.0, _BARS * share)
    colour = "#3b6ea8" if value >= 0 else "#b4573c"
    return (
        f'<text x="{_LEFT - 10}" y="{top + 16}" text-anchor="end" fill="#222222">{escape(label)}</text>'
        f'<rect x="{_LEFT}" y="{top + 3}" width="{width:.1f}" height="{_ROW - 8}" fill="{colour}"/>'
        f'<text x="{_LEFT + width + 6:.1f}" y="{top + 16}" fill="#222222">{value:.4g}</text>'
    )


def _label(metric: Document) -> str:
    text = f"{metric['name']}{'@' if metric['dataset'] else ''}{metric['dataset']}"
    text += f"/{metric['slice']}" if metric["slice"] else ""
    return text if len(text) <= 30 else f"{text[:29]}…"
