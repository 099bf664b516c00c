"""How plots become pictures."""

from enum import StrEnum
from typing import Protocol


class Picture(StrEnum):
    """The kind of a picture."""

    SVG = "svg"
    PNG = "png"


class PlotRenderer(Protocol):
    """Draws Vega-Lite documents, beside the event loop and in bounded time."""

    async def draw(self, document: bytes, picture: Picture) -> bytes:
        """The picture of a document in JSON, whose data are in it.

        Raises:
            FormatUnavailable: what draws is not installed.
            DrawingUnavailable: it was not drawn in time, or cannot be.
        """

    async def close(self) -> None:
        """End what draws."""
