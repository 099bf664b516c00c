"""A draft of a model card: what is known, in tables, and what a person has to write."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from modelyard.client.answers import Document

_MOST_ROWS: Final = 40
_SIGNS = re.compile(r"([\\`*_{}\[\]()<>#|!~&])")

_TO_BE_WRITTEN: Final = """## Use

What is it for, and what is it not for? Whom does it concern? What should its users know of its data and its limits?
This part is for you to write.
"""


def draft_card(model: str, kind: str, body: Document, metrics: Sequence[Document], picture: str) -> str:
    """Markdown of what will be registered; texts are shown as they are, never as Markdown of their own.

    Args:
        model: The name of the model.
        kind: What it is, in words.
        body: The version as the API takes it.
        metrics: Its measurements.
        picture: The path of a picture of them among its files, or nothing.
    """
    parts = [f"# {_plain(model)}\n", "*A draft, written by the client when the version was pushed.*\n", f"{kind}\n"]
    if metrics:
        rows = [(one["name"], one["dataset"], one["slice"], f"{one['value']:.6g}") for one in metrics]
        parts += ["## Metrics\n", _table(("metric", "dataset", "slice", "value"), rows)]
        parts += [f"![Metrics]({picture})\n"] if picture else []
    if body.get("params"):
        parts += ["## Parameters\n", _table(("parameter", "value"), body["params"].items())]
    for name in ("inputs", "outputs"):
        if features := (body.get("signature") or {}).get(name):
            shown = [(one["name"], one["dtype"], one["shape"]) for one in features]
            parts += [f"## {name.capitalize()}\n", _table(("name", "type", "shape"), shown)]
    return "\n".join([*parts, _TO_BE_WRITTEN])


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    listed = list(rows)
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(_plain(str(cell)[:80]) for cell in row)} |" for row in listed[:_MOST_ROWS]]
    more = f"\nAnd {len(listed) - _MOST_ROWS} more.\n" if len(listed) > _MOST_ROWS else ""
    return "\n".join(lines) + "\n" + more


def _plain(text: str) -> str:
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))
