"""What all plots share: size, theme, colours, and how a document is put together.

All that people have named stands in documents as text and as data, never as a name of a field, an expression or an
address, so that nothing of it is computed or fetched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"

Document = dict[str, Any]


class Theme(StrEnum):
    """On light or on dark pages."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours of a theme: each stands out from the background by 3:1 at least, and any eyes tell them apart."""

    background: str
    ink: str
    faint: str
    series: tuple[str, ...]


PALETTES: Mapping[Theme, Palette] = {
    Theme.LIGHT: Palette(
        background="#ffffff",
        ink="#1f2328",
        faint="#d0d7de",
        series=("#0072b2", "#c04f00", "#00855f", "#a8457f", "#8a6d00", "#5b5fc7", "#6e7781", "#000000"),
    ),
    Theme.DARK: Palette(
        background="#0d1117",
        ink="#e6edf3",
        faint="#30363d",
        series=("#56b4e9", "#ff9d5c", "#2bc99a", "#e59ac7", "#f0e442", "#a5a8ff", "#8b949e", "#ffffff"),
    ),
}
"""After Okabe and Ito, darkened or lightened until they stand out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a plot is to look; sizes in pixels."""

    width: int
    height: int
    theme: Theme

    @property
    def palette(self) -> Palette:
        """The colours of its theme."""
        return PALETTES[self.theme]


def document(
    look: Look, title: str, subtitle: str, rows: Sequence[Mapping[str, Any]], view: Mapping[str, Any]
) -> Document:
    """A Vega-Lite document with its data in it."""
    return {
        "$schema": SCHEMA,
        "title": {"text": label(title), "subtitle": label(subtitle), "anchor": "start", "limit": look.width - 20},
        "data": {"values": list(rows)},
        **view,
        "config": _config(look),
    }


_OF_EVERY_OBJECT = frozenset(
    {
        *("constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString"),
        *("valueOf", "__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__"),
    }
)


def label(text: str) -> str:
    """A name as documents hold it: Vega looks names up in objects of JavaScript, where some are never missing.

    So one of those gets a space behind it, which does not show.
    """
    return f"{text}\u00a0" if text in _OF_EVERY_OBJECT else text


def whole(look: Look) -> Document:
    """The size of a plot that is one view: that of the picture with all that stands around it."""
    return {
        "width": look.width,
        "height": look.height,
        "autosize": {"type": "fit", "contains": "padding"},
    }


def shown(value: float) -> str:
    """A value as people read it."""
    return f"{value:.6g}"


def labelled_bars(look: Look, field: str, colours: Mapping[str, str], text: Mapping[str, Any]) -> list[Document]:
    """Layers: bars, coloured by a field, with a line around those of rows in `production`; and the value at each.

    The line is for those who do not see the colour. `text` says where the values stand.
    """
    scale = {"domain": list(colours), "range": list(colours.values())}
    legend = {"orient": "bottom", "columns": 4}
    outline = {"condition": {"test": {"field": "production", "equal": True}, "value": look.palette.ink}, "value": None}
    return [
        {
            "mark": {"type": "bar", "strokeWidth": 2},
            "encoding": {
                "color": {"field": field, "type": "nominal", "title": None, "scale": scale, "legend": legend},
                "stroke": outline,
            },
        },
        {
            "mark": {"type": "text", "color": look.palette.ink, **text},
            "encoding": {"text": {"field": "shown", "type": "nominal"}},
        },
    ]


def _config(look: Look) -> Document:
    palette = look.palette
    text = {"labelColor": palette.ink, "titleColor": palette.ink, "labelLimit": look.width // 3}
    return {
        "background": palette.background,
        "font": "sans-serif",
        "padding": 10,
        "title": {"color": palette.ink, "subtitleColor": palette.ink, "fontSize": 15, "subtitleFontSize": 12},
        "axis": {**text, "gridColor": palette.faint, "domainColor": palette.ink, "tickColor": palette.ink},
        "legend": {**text, "labelLimit": look.width},
        "header": {"labelColor": palette.ink, "labelFontSize": 12, "labelFontWeight": "bold", "labelLimit": 300},
        "view": {"stroke": palette.faint},
        "range": {"category": list(palette.series)},
    }
