"""Where metrics are kept."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from modelyard.domain.metric import MetricKey, MetricPoint, MetricSummary, Sampled


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

    def latest_of(self, version_ids: Sequence[int], key: MetricKey) -> Mapping[int, MetricPoint]:
        """The latest point of one key of each of these versions that has it, by surrogate key of the version."""

    def trend(self, model_id: int, key: MetricKey, *, up_to: int, within: int) -> Sequence[tuple[int, float]]:
        """Number and latest value of one key of those versions of a model that have it, by number.

        Only the `within` newest versions with numbers up to `up_to` are looked at.
        """

    def summaries(self, version_id: int, *, is_higher_better: bool) -> Sequence[MetricSummary]:
        """What each key came to, over all of its points; in the order of `latest`.

        Means of the same points may differ between databases beyond their 12th digit.
        """

    def extremes(self, version_id: int, key: MetricKey, *, at_most: int) -> Sampled:
        """At most so many points of one key, by step: all of them, or the first, the last and the extremes between.

        The steps between the first and the last are cut into stretches of equal length, and of each the point with the
        smallest and with the greatest value is given, the earlier of equal ones.
        """

    def history(self, version_id: int, key: MetricKey, *, after_step: int | None, limit: int) -> Sequence[MetricPoint]:
        """The points of one key by step, from beyond `after_step`, at most `limit`."""
