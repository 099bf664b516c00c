"""What a run has logged, read back from its lines."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from modelyard.client.answers import Document

_Series: TypeAlias = tuple[str, str, str]
"""Name, dataset and slice."""


class Logged(Sequence[Document]):
    """The measurements as the API takes them, made as they are asked for; of several at one step, the last.

    Attributes:
        params: The parameters, later ones in place of former.
        not_finite: How many values of a metric were NaN or infinite, and the first step of them.
    """

    def __init__(self, lines: Iterable[Document]) -> None:
        points: dict[tuple[_Series, int], tuple[float, float]] = {}
        series: dict[_Series, _Series] = {}
        self.params: Document = {}
        self.not_finite: dict[str, dict[str, int]] = {}
        for line in lines:
            self.params |= line.get("params", {})
            for name, dataset, part, step, value in line.get("points", ()):
                place = series.setdefault((name, dataset, part), (name, dataset, part))
                if value is None:
                    told = self.not_finite.setdefault(_key(place), {"count": 0, "first_step": step})
                    told["count"] += 1
                else:
                    points[place, step] = value, line["at"]
        self._points = points
        self._order = list(points)

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, place: Any) -> Any:  # noqa: ANN401 # a place or a slice, as of any sequence
        if isinstance(place, slice):
            return [self._document(key) for key in self._order[place]]
        return self._document(self._order[place])

    def latest(self) -> list[Document]:
        """The measurement with the greatest step of each metric, in the order in which they were first logged."""
        last: dict[_Series, int] = {}
        for place, step in self._order:
            last[place] = max(step, last.get(place, 0))
        return [self._document((place, step)) for place, step in last.items()]

    def latest_values(self) -> Mapping[str, float]:
        """The same, by `name@dataset/slice`."""
        return {_key((one["name"], one["dataset"], one["slice"])): one["value"] for one in self.latest()}

    def _document(self, key: tuple[_Series, int]) -> Document:
        (name, dataset, part), step = key
        value, at = self._points[key]
        moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        return {"name": name, "dataset": dataset, "slice": part, "step": step, "value": value, "recorded_at": moment}


def _key(place: _Series) -> str:
    name, dataset, part = place
    return name + (f"@{dataset}" if dataset else "") + (f"/{part}" if part else "")
