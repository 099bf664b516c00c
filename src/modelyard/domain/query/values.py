"""What a text means as the value of a field."""

import math
import re
from datetime import UTC, datetime
from typing import Final

from modelyard.domain.lifecycle import Stage
from modelyard.domain.metric import MetricKey
from modelyard.domain.query.fields import ValueKind
from modelyard.domain.query.syntax import Numeral, Value

_LARGEST_INTEGER: Final = 2**63 - 1  # the largest that SQLite and PostgreSQL can compare with
_WHOLE_NUMBER = re.compile(r"[0-9]+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?", re.ASCII | re.IGNORECASE)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.ASCII | re.IGNORECASE,
)

EXPECTED: Final = {
    ValueKind.TEXT: ["a value"],
    ValueKind.INTEGER: [f"a whole number from 0 to {_LARGEST_INTEGER}"],
    ValueKind.NUMBER: ["a number, such as 0.93 or 1e-4"],
    ValueKind.MOMENT: ["a date, such as 2026-01-31", "a time, such as 2026-01-31T12:00:00Z"],
    ValueKind.STAGE: [stage.value for stage in Stage],
    ValueKind.ANY: ["a value"],
}
"""What can stand as a value of each kind, for a person."""


def value_of(kind: ValueKind, text: str, *, is_quoted: bool) -> Value | None:
    """The value that a text is for a field of this kind; None where it is none.

    Quotes keep a number from being one where text could stand as well; elsewhere they change nothing.
    """
    match kind:
        case ValueKind.TEXT:
            return text
        case ValueKind.INTEGER:
            return int(text) if _WHOLE_NUMBER.fullmatch(text) and int(text) <= _LARGEST_INTEGER else None
        case ValueKind.NUMBER:
            return float(text) + 0.0 if is_numeral(text) else None  # takes the sign from -0.0, which no metric has
        case ValueKind.MOMENT:
            return moment_of(text)
        case ValueKind.STAGE:
            return Stage(text) if text in set(Stage) else None
        case ValueKind.ANY:
            return Numeral(text) if is_numeral(text) and not is_quoted else text


def is_numeral(text: str) -> bool:
    """Whether a text is a finite number in decimal notation."""
    return _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


def moment_of(text: str) -> datetime | None:
    """The moment that a date or time names, to the millisecond; a date is its first moment, and UTC is meant."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # 2026-02-30; 0001-01-01T00:00+14:00
        return None


def metric_key(key: str) -> MetricKey:
    """The metric that a key names: `auc`, `auc@holdout`, `auc@holdout/age<30`, `auc/age<30`.

    Neither name nor dataset holds `@` or `/`, so what follows the first `/` is the slice, whatever it holds.
    """
    whole, _, slice_ = key.partition("/")
    name, _, dataset = whole.partition("@")
    return MetricKey(name=name, dataset=dataset, slice=slice_)
