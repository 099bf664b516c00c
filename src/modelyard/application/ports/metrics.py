"""Where metrics are kept."""

from collections.abc import Sequence
from typing import Protocol

from modelyard.domain.metric import MetricKey, MetricPoint


class Metrics(Protocol):
    """The measurements of all versions, within one transaction."""

    def append(self, version_id: int, points: Sequence[MetricPoint]) -> int:
        """Add points and keep the latest of each key up to date. Returns how many were new.

        A point that is there with the same value is left as it is.

        Raises:
            MetricConflict: a point is there with another value; its details name it.
        """

    def latest(self, version_id: int) -> Sequence[MetricPoint]:
        """For each key the value at its highest step, ordered by name, dataset and slice."""

    def history(self, version_id: int, key: MetricKey, *, after_step: int | None, limit: int) -> Sequence[MetricPoint]:
        """The points of one key by step, from beyond `after_step`, at most `limit`."""
