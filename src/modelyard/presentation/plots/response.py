"""Sending a plot: as its document, or drawn."""

import json
from enum import StrEnum
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from modelyard.application.ports.plots import Picture, PlotRenderer
from modelyard.domain.form_errors import DrawingUnavailable, FormatUnavailable
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.answers import tag_of
from modelyard.presentation.http.conditions import etag, has_current
from modelyard.presentation.http.forms import MEDIA_TYPES
from modelyard.presentation.http.routing import is_head
from modelyard.presentation.plots.look import SCHEMA, Document, Look, Theme

MAX_SIDE = 2_000
MIN_SIDE = 100

# What stands in a picture is text that others have written; nothing in it runs or is fetched.
SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
PLOT_ERRORS: docs.Errors = (FormatUnavailable, DrawingUnavailable)


class PlotFormat(StrEnum):
    """The form of what can be plotted."""

    JSON = "json"
    VEGALITE = "vegalite"
    SVG = "svg"
    PNG = "png"


class PlotParameters(BaseModel):
    """How a plot is to look."""

    model_config = ConfigDict(extra="forbid")

    width: int = Field(default=720, ge=MIN_SIDE, le=MAX_SIDE, description="Of a plot, in pixels")
    height: int = Field(default=360, ge=MIN_SIDE, le=MAX_SIDE, description="Of a plot, in pixels")
    theme: Theme = Field(default=Theme.LIGHT, description="Of a plot: for light or for dark pages")

    def look(self) -> Look:
        """How it is to look."""
        return Look(width=self.width, height=self.height, theme=self.theme)


FORMAT: Any = Field(default=None, description="A page as JSON, or a plot; it comes before `Accept`")
"""The parameter of a route whose JSON can be plotted."""


def plotted() -> dict[str, Any]:
    """How a plot is described in OpenAPI, besides the JSON of its route."""
    return {
        MEDIA_TYPES[PlotFormat.VEGALITE]: {"schema": {"type": "object"}, "example": {"$schema": SCHEMA}},
        MEDIA_TYPES[PlotFormat.SVG]: {"schema": {"type": "string"}, "example": "<svg>…</svg>"},
        MEDIA_TYPES[PlotFormat.PNG]: {"schema": {"type": "string", "format": "binary"}},
    }


async def plot_response(request: Request, renderer: PlotRenderer, form: PlotFormat, plot: Document) -> Response:
    """The answer with a plot; its ETag is that of the document, so nothing is drawn for one who has it.

    Raises:
        FormatUnavailable: it needs an extra that is not installed.
        DrawingUnavailable: it cannot be drawn now.
    """
    body = json.dumps(plot, ensure_ascii=False, separators=(",", ":")).encode()
    tag = f"{tag_of(body)}-{form}"
    headers = {**SAFE_HEADERS, "ETag": etag(tag), "Vary": "Accept", "Content-Type": MEDIA_TYPES[form]}
    if has_current(request, tag):
        return Response(status_code=304, headers=headers)
    if form is PlotFormat.VEGALITE:
        return Response(body, 200, headers)
    if is_head(request):
        return Response(status_code=200, headers=headers)
    return Response(await renderer.draw(body, Picture(form.value)), 200, headers)
