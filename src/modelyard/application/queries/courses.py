"""How metrics went over the steps of several versions."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from modelyard.application.ports.database import Transaction
from modelyard.domain.metric import MetricKey, Sampled
from modelyard.domain.model_version import ModelVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One metric by step; `lines` are in the order of the versions, None where a version has less than two steps."""

    key: MetricKey
    lines: Sequence[Sampled | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Courses:
    """The first of the metrics that at least one version has over several steps, and how many there are in all."""

    shown: Sequence[Course]
    count: int


def compare_courses(tx: Transaction, versions: Sequence[ModelVersion], *, keys: int, points: int) -> Courses:
    """The courses of at most so many metrics, each line in at most so many points, which keep its extremes."""
    drawn = [_over_steps(tx, version) for version in versions]
    several = sorted({key for keys_of_version in drawn for key in keys_of_version}, key=str)
    shown = [
        Course(
            key=key,
            lines=[
                tx.metrics.extremes(version.id, key, at_most=points) if key in keys_of_version else None
                for version, keys_of_version in zip(versions, drawn, strict=True)
            ],
        )
        for key in several[:keys]
    ]
    return Courses(shown=shown, count=len(several))


def _over_steps(tx: Transaction, version: ModelVersion) -> Set[MetricKey]:
    summaries = tx.metrics.summaries(version.id, is_higher_better=True)
    return {summary.latest.key for summary in summaries if summary.count > 1}
