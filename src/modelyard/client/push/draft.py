"""What the client writes about a version where its maker wrote nothing: a card, and a picture of its metrics."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from modelyard.client.answers import Document
from modelyard.client.push.card import draft_card
from modelyard.client.push.picture import metrics_picture

PICTURE: Final = "metrics.svg"


def draft(
    model: str, kind: str, body: Document, metrics: Sequence[Document], folder: Path, taken: Collection[str]
) -> tuple[str, Path | None]:
    """The card, and the place of the picture that it shows; none where nothing was measured, or its name is taken.

    Args:
        model: The name of the model.
        kind: What it is, in words.
        body: The version as the API takes it.
        metrics: Its measurements.
        folder: Where the picture is written.
        taken: Paths of the files that the version has.
    """
    if not metrics or PICTURE in taken:
        return draft_card(model, kind, body, metrics, ""), None
    place = folder / PICTURE
    place.write_bytes(metrics_picture(metrics).encode())
    return draft_card(model, kind, body, metrics, PICTURE), place
