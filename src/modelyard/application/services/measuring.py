"""Recording what was measured of a version, at any time after its registration."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard.application.ports.database import Transaction
from modelyard.application.services.journal import record
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.event import Action, rfc3339
from modelyard.domain.json_value import canonical_json
from modelyard.domain.metric import (
    MetricKey,
    MetricPoint,
    MetricSummary,
    Sampled,
    check_metric,
    check_recorded_at,
    is_sound,
)
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.principal import Principal
from modelyard.domain.reference import Reference

MAX_POINTS = 10_000
_NAMED_IN_EVENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A value as its maker sends it; without `recorded_at` it was measured now."""

    key: MetricKey
    step: int
    value: float
    recorded_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What became of a batch: `unchanged` points were there already."""

    version: ModelVersion
    appended: int
    unchanged: int


def append_metrics(
    tx: Transaction, principal: Principal, model_name: str, reference: Reference, batch: Sequence[Measurement]
) -> Appended:
    """Append measurements: all of a batch, or none.

    It is idempotent: a point that is there with the same value stays as it is, so a batch can be sent again.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
        InvalidInput: an entry breaks a rule, or the batch holds two values for one key and step.
        MetricConflict: an entry was recorded before with another value.
    """
    _check(batch)
    model = tx.models.get_to_change(model_name)
    version = tx.versions.get(model_name, reference)
    points = [
        MetricPoint(
            key=entry.key,
            step=entry.step,
            value=entry.value + 0.0,  # takes the sign from -0.0, which SQLite does not keep
            recorded_at=entry.recorded_at or tx.now,
        )
        for entry in batch
    ]
    appended = tx.metrics.append(version.id, points)
    if appended:
        tx.versions.touch(model.id, version.number, by=principal.name, at=tx.now)
        record(tx, principal, Action.METRICS_APPENDED, model, version=version.number, after=_summary(points, appended))
    return Appended(version=tx.versions.get(model_name, reference), appended=appended, unchanged=len(points) - appended)


def list_metrics(tx: Transaction, model_name: str, reference: Reference) -> Sequence[MetricPoint]:
    """The latest value of each key of a version, slices included.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
    """
    return tx.metrics.latest(tx.versions.get(model_name, reference).id)


def metric_history(
    tx: Transaction, model_name: str, reference: Reference, key: MetricKey, *, after_step: int | None, limit: int
) -> Sequence[MetricPoint]:
    """The values of one key by step.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
    """
    return tx.metrics.history(tx.versions.get(model_name, reference).id, key, after_step=after_step, limit=limit)


def summarise_metrics(
    tx: Transaction, model_name: str, reference: Reference, *, is_higher_better: bool
) -> Sequence[MetricSummary]:
    """What each metric of a version came to over all its steps.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
    """
    version = tx.versions.get(model_name, reference)
    return tx.metrics.summaries(version.id, is_higher_better=is_higher_better)


def sample_history(tx: Transaction, model_name: str, reference: Reference, key: MetricKey, *, at_most: int) -> Sampled:
    """The whole history of one key in at most so many points, which keep its extremes.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
    """
    return tx.metrics.extremes(tx.versions.get(model_name, reference).id, key, at_most=at_most)


def _check(batch: Sequence[Measurement]) -> None:
    if not 1 <= len(batch) <= MAX_POINTS:
        message = f"must have 1 to {MAX_POINTS} entries, not {len(batch)}"
        raise InvalidInput(f"the batch {message}", errors=[FieldError(pointer="/metrics", message=message)])
    seen: dict[MetricKey, dict[int, int]] = {}
    key: MetricKey | None = None
    steps: dict[int, int] = {}
    for index, entry in enumerate(batch):
        pointer = f"/metrics/{index}"
        if entry.key is not key:  # many of one key stand beside each other, and a key is dear to hash
            key = entry.key
            check_metric(key, entry.step, entry.value, pointer)
            steps = seen.setdefault(key, {})
        elif not is_sound(entry.step, entry.value):
            check_metric(key, entry.step, entry.value, pointer)
        if entry.recorded_at is not None:
            check_recorded_at(entry.recorded_at, pointer)
        first = steps.setdefault(entry.step, index)
        if first != index:
            message = f"has the key and step of entry {first}"
            raise InvalidInput(
                f"entry {index} ({entry.key}) {message}",
                hint="Send each name, dataset, slice and step once; use `step` for a series.",
                errors=[FieldError(pointer=pointer, message=message)],
            )


def _summary(points: Sequence[MetricPoint], appended: int) -> dict[str, int | str | list[str]]:
    """What the event tells of a batch: how many points, of which keys, and the digest of all values."""
    keys = sorted(map(str, {point.key for point in points}))
    return {
        "appended": appended,
        "metrics": keys[:_NAMED_IN_EVENT],
        "keys": len(keys),
        "digest": digest_of(b"[%b]" % b",".join(_canonical(points))),
    }


def _canonical(points: Sequence[MetricPoint]) -> Iterator[bytes]:
    """Each point as canonical JSON: name, dataset, slice, step, value, moment. Of most only step and value are new."""
    key, moment, head, tail = None, None, b"", b""
    for point in points:
        if point.key is not key:
            key = point.key
            head = canonical_json([key.name, key.dataset, key.slice])[:-1]
        if point.recorded_at is not moment:
            moment = point.recorded_at
            tail = canonical_json(rfc3339(moment))
        yield b"%b,%d,%b,%b]" % (head, point.step, canonical_json(point.value), tail)
