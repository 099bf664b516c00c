"""Metrics as people give them, and as the registry takes them."""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from numbers import Real
from typing import Any

from modelyard.client.answers import Document
from modelyard.client.failures import CannotPush
from modelyard.client.push.options import Metrics


def measurements(metrics: Metrics | None, dataset: str, moment: datetime) -> list[Document]:
    """The entries of a batch, all at step 0.

    Raises:
        CannotPush: one is no finite number, or has a name that a query could not name.
    """
    at = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return [
        {"name": name, "dataset": where, "slice": part, "step": 0, "value": value, "recorded_at": at}
        for (name, where, part), value in _entries(metrics or {}, dataset)
    ]


def place_of(text: str, dataset: str = "") -> tuple[str, str, str]:
    """Name, dataset and slice of `auc`, `auc@holdout` or `auc@holdout/age<30`; `dataset` where it names none.

    Raises:
        CannotPush: it cannot be the name of a metric.
    """
    whole, _, part = text.partition("/") if "@" in text else (text, "", "")
    name, _, where = whole.partition("@")
    for word in (name, where or dataset):
        has_sign = "@" in word or "/" in word
        if (word or word is name) and (not word.strip() or word != word.strip() or not word.isprintable() or has_sign):
            raise CannotPush(f"{text!r} cannot name a metric", hint="Write auc, auc@holdout or auc@holdout/age<30.")
    return name, where or dataset, part


def number_of(value: object, name: str) -> float:
    """A number that may be infinite or NaN: Python's own, or that of NumPy, or a tensor with one element.

    Raises:
        CannotPush: it is none.
    """
    if not isinstance(value, Real) and hasattr(value, "item"):
        value = _item_of(value)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise CannotPush(f"{name} is {value!r}, which is no number")
    return float(value)


def _item_of(value: Any) -> object:  # noqa: ANN401 # has the method, which is all that counts
    try:
        found: object = value.item()
    except (ValueError, RuntimeError, TypeError):  # more than one element
        return value
    return found


def _entries(metrics: Metrics, dataset: str) -> Iterator[tuple[tuple[str, str, str], float]]:
    for key, value in metrics.items():
        if isinstance(value, Mapping):
            for name, one in value.items():
                yield place_of(name, str(key)), _finite(one, f"{name}@{key}")
        else:
            yield place_of(key, dataset), _finite(value, key)


def _finite(value: object, name: str) -> float:
    number = number_of(value, name)
    if not math.isfinite(number):
        raise CannotPush(f"{name} is {number}", hint="Metrics are finite numbers. Leave it out.")
    return number
