"""JSON as the registry takes, keeps and seals it: I-JSON (RFC 7493), so that every client reads back what was sent."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias, cast

import rfc8785

from modelyard.domain.errors import FieldError, InvalidInput

JsonValue: TypeAlias = "None | bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue]"
JsonObject: TypeAlias = Mapping[str, JsonValue]

MAX_DEPTH = 64
MAX_INTEGER = 2**53 - 1

_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


def canonical_json(value: JsonValue) -> bytes:
    """The one serialisation that is hashed: RFC 8785 (JSON Canonicalization Scheme).

    `value` has passed `check_json`, or was built from values that have.
    """
    return rfc8785.dumps(cast("rfc8785._Value", value))  # type: ignore[name-defined]


def check_json(value: JsonValue) -> None:
    """Hold a decoded JSON document against I-JSON and the registry's bounds.

    Raises:
        InvalidInput: nested deeper than 64, an integer beyond ±(2^53-1), NaN or an infinity, a lone surrogate or a
            NUL in a string; each with its JSON pointer.
    """
    errors = [FieldError(pointer=pointer, message=message) for pointer, message in _faults(value, "", 0)]
    if errors:
        raise InvalidInput(f"the JSON document breaks a rule at {errors[0].pointer or '/'}", errors=errors[:20])


def _faults(value: JsonValue, pointer: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if _NOT_TEXT.search(value):
            yield pointer, "text must not hold NUL or lone surrogates"
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield pointer, "NaN and infinities are not numbers in JSON; leave the field out, or send null"
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            yield pointer, "integers lie within ±(2^53-1), or other clients lose digits; send a larger one as text"
    elif value is not None:
        yield from _faults_within(value, pointer, depth + 1)


def _faults_within(value: "Sequence[JsonValue] | JsonObject", pointer: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > MAX_DEPTH:
        yield pointer, f"JSON is nested at most {MAX_DEPTH} deep"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if _NOT_TEXT.search(key):
                yield pointer, "keys must not hold NUL or lone surrogates"
            yield from _faults(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", depth)
    else:
        for index, item in enumerate(value):
            yield from _faults(item, f"{pointer}/{index}", depth)
