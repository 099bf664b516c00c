"""Measurements of a version."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.domain.names import check_key, text_faults

MAX_SLICE = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricKey:
    """What was measured: the name, on which dataset (or none), on which slice of it (or all)."""

    name: str
    dataset: str = ""
    slice: str = ""

    def __str__(self) -> str:
        """`auc`, `auc@holdout`, `auc@holdout/age<30`: as queries write it."""
        dataset = f"@{self.dataset}" if self.dataset else ""
        return self.name + dataset + (f"/{self.slice}" if self.slice else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint:
    """One value at one step. A version has at most one value for a key and a step."""

    key: MetricKey
    step: int
    value: float
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSummary:
    """What a metric came to over all its steps; `best` is the first point with the best value."""

    latest: MetricPoint
    best: MetricPoint
    count: int
    first_step: int
    minimum: float
    maximum: float
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """Points of one key, by step, and how many there are in all."""

    points: Sequence[MetricPoint]
    count: int


def is_sound(step: int, value: float) -> bool:
    """Whether a step is an integer from 0 to 2^53-1, and a value finite."""
    return 0 <= step <= MAX_INTEGER and math.isfinite(value)


def check_metric(key: MetricKey, step: int, value: float, pointer: str) -> None:
    """Hold one measurement against the rules.

    Names and datasets have none of `@ /`, which separate them from each other; a slice is any visible text; the step
    is an integer from 0; the value a finite number.

    Raises:
        InvalidInput: its errors name the entry by `pointer`.
    """
    check_key(key.name, f"{pointer}/name", forbidden="@/")
    if key.dataset:
        check_key(key.dataset, f"{pointer}/dataset", forbidden="@/")
    faults = [FieldError(pointer=f"{pointer}/slice", message=fault) for fault in _slice_faults(key.slice)]
    if not 0 <= step <= MAX_INTEGER:
        faults.append(FieldError(pointer=f"{pointer}/step", message="must be an integer from 0 to 2^53-1"))
    if not math.isfinite(value):
        faults.append(FieldError(pointer=f"{pointer}/value", message="must be finite, not NaN or an infinity"))
    if faults:
        raise InvalidInput(f"the metric {str(key)[:100]!r} breaks a rule", errors=faults)


def check_recorded_at(moment: datetime, pointer: str) -> None:
    """Hold the time of a measurement against the rules: it has an offset, and lies in the years 1 to 9999 of UTC.

    Raises:
        InvalidInput: its errors name the entry by `pointer`.
    """
    if not _is_known_in_utc(moment):
        message = "must be a time with an offset, within the years 1 to 9999"
        fault = FieldError(pointer=f"{pointer}/recorded_at", message=message)
        raise InvalidInput(f"the time of a measurement {message}", errors=[fault])


def _is_known_in_utc(moment: datetime) -> bool:
    if moment.tzinfo is None:
        return False
    try:
        moment.astimezone(UTC)
    except OverflowError:  # 0001-01-01T00:00:00+14:00
        return False
    return True


def _slice_faults(text: str) -> list[str]:
    return list(text_faults(text, longest=MAX_SLICE)) if text else []
