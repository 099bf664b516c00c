"""Parameters and metrics as lines that people write, as tags are: `key: value`."""

import json
import re
from collections.abc import Callable

from modelyard.application.services.measuring import Measurement
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.json_value import JsonValue, check_json
from modelyard.domain.metric import MetricKey
from modelyard.domain.query.values import metric_key

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def params_in(lines: str) -> dict[str, JsonValue]:
    """What lines say, each up to its first colon; a value that is JSON is what it says (8, true, "8"), else text.

    Raises:
        InvalidInput: a line cannot be read, or names a key twice.
    """
    return {key: _value(text) for key, text in _pairs(lines, "params", str.partition).items()}


def metrics_in(lines: str) -> list[Measurement]:
    """What lines such as `auc@holdout/age<30: 0.93` say, each up to its last colon.

    Raises:
        InvalidInput: a line cannot be read, names a key twice, or gives no number.
    """
    return [
        Measurement(key=_key(name), step=0, value=_number(name, text), recorded_at=None)
        for name, text in _pairs(lines, "metrics", str.rpartition).items()
    ]


def _pairs(lines: str, field: str, divide: Callable[[str, str], tuple[str, str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(lines.split("\n"), 1):
        if not line.strip():
            continue
        key, colon, text = (part.strip() for part in divide(line, ":"))
        if not colon or not key:
            raise _refused(field, f"line {number} has no name and colon; write name: value")
        if key in found:
            raise _refused(field, f"line {number} names {key[:100]!r} again")
        found[key] = text
    return found


def _value(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
        check_json(value)
    except (ValueError, RecursionError, InvalidInput):
        return text
    return value


def _key(name: str) -> MetricKey:
    key = metric_key(name)
    return MetricKey(name=key.name.strip(), dataset=key.dataset.strip(), slice=key.slice.strip())


def _number(name: str, text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise _refused("metrics", f"the metric {name[:100]} has no number, but {text[:100]!r}")
    return float(text)


def _refused(field: str, message: str) -> InvalidInput:
    return InvalidInput(f"{field}: {message}", errors=[FieldError(pointer=f"/{field}", message=message)])
