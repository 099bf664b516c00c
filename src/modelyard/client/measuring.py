"""Metrics of versions, appended and read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote

from modelyard.client.answers import Document
from modelyard.client.model_part import ModelPart, VersionName
from modelyard.client.records import told

_AT_ONCE: Final = 10_000
"""How many measurements the API takes in a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A value to append. `recorded_at` has a time zone; without it, the registry says now."""

    name: str
    value: float
    step: int = 0
    dataset: str = ""
    slice: str = ""
    recorded_at: datetime | None = None

    @property
    def entry(self) -> Document:
        """As the API takes it."""
        given = {"name": self.name, "value": self.value, "step": self.step, "dataset": self.dataset}
        at = {"recorded_at": self.recorded_at.isoformat()} if self.recorded_at else {}
        return {**given, "slice": self.slice, **at}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """The latest value of a metric."""

    name: str
    dataset: str
    slice: str
    step: int
    value: float
    recorded_at: datetime
    document: Document = field(repr=False, compare=False)

    @property
    def key(self) -> str:
        """`auc`, `auc@holdout`, `auc@holdout/age<30`."""
        return written_key(self.name, self.dataset, self.slice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A value of one metric at one step."""

    step: int
    value: float
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What became of measurements: how many are new, and how many were there already, with the same value."""

    appended: int
    unchanged: int


def parse_key(text: str) -> tuple[str, str, str]:
    """Name, dataset and slice of `auc`, `auc@holdout`, `auc/age<30` or `auc@holdout/age<30`."""
    whole, _, part = text.partition("/")
    name, _, dataset = whole.partition("@")
    return name, dataset, part


def written_key(name: str, dataset: str = "", part: str = "") -> str:
    """The reverse of `parse_key`."""
    return f"{name}{f'@{dataset}' if dataset else ''}{f'/{part}' if part else ''}"


class Measuring(ModelPart):
    """The metrics of a model's versions."""

    def log_metrics(
        self, version: VersionName, metrics: Mapping[str, float] | Iterable[Measurement], *, step: int = 0
    ) -> Appended:
        """Append values; sending them again is safe. More than 10,000 go in several requests, each all or none.

        Args:
            version: Of which one.
            metrics: Values by `name`, `name@dataset` or `name@dataset/slice`; or measurements.
            step: Of the values that are given by name.

        Raises:
            MetricConflict: A metric has another value at this step; `step` numbers new values.
        """
        entries = _entries(metrics, step)
        done = Appended(appended=0, unchanged=0)
        for begin in range(0, len(entries), _AT_ONCE):
            body = {"metrics": entries[begin : begin + _AT_ONCE]}
            answer = self._transport.post(f"{self._place(version)}/metrics", body)
            done = Appended(appended=done.appended + answer["appended"], unchanged=done.unchanged + answer["unchanged"])
        return done

    def metrics(self, version: VersionName) -> Sequence[Metric]:
        """The latest value of each metric, slices included."""
        found = self._transport.get(f"{self._place(version)}/metrics")["items"]
        return [Metric(**told(Metric, one), document=one) for one in found]

    def history(self, version: VersionName, metric: str) -> Iterator[Point]:
        """All values of one metric (`auc`, `auc@holdout`, `auc@holdout/age<30`) by step, fetched page by page."""
        after: int | None = None
        while True:
            page = self._history_page(version, metric, {"after_step": after, "limit": _AT_ONCE})
            yield from (Point(**told(Point, one)) for one in page["items"])
            after = page["next_after_step"]
            if after is None:
                return

    def sampled_history(self, version: VersionName, metric: str, points: int) -> Sequence[Point]:
        """The whole history told in at most so many points, each one that was recorded; no peak is lost."""
        page = self._history_page(version, metric, {"points": points})
        return [Point(**told(Point, one)) for one in page["items"]]

    def _history_page(self, version: VersionName, metric: str, query: Mapping[str, int | None]) -> Document:
        name, dataset, part = parse_key(metric)
        path = f"{self._place(version)}/metrics/{quote(name, safe='')}/history"
        return self._transport.get(path, {"dataset": dataset or None, "slice": part or None, **query})


def _entries(metrics: Mapping[str, float] | Iterable[Measurement], step: int) -> list[Document]:
    if not isinstance(metrics, Mapping):
        return [one.entry for one in metrics]
    keys = ((parse_key(key), value) for key, value in metrics.items())
    return [
        Measurement(name=name, dataset=dataset, slice=part, value=value, step=step).entry
        for (name, dataset, part), value in keys
    ]
