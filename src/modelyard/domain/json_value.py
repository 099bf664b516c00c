"""JSON as the registry takes, keeps and seals it: I-JSON (RFC 7493), so that every client reads back what was sent."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

import rfc8785

from modelyard.domain.errors import FieldError, InvalidInput

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
JsonObject: TypeAlias = Mapping[str, JsonValue]

MAX_DEPTH = 64
MAX_INTEGER = 2**53 - 1

_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


def canonical_json(value: JsonValue) -> bytes:
    """The one serialisation that is hashed: RFC 8785 (JSON Canonicalization Scheme).

    `value` has passed `check_json`, or was built from values that have. Most documents are such that the standard
    library's encoder, written in C, gives the very same bytes many times sooner; the others go through `rfc8785`.
    """
    if value is None:  # most versions have no signature, no lineage
        return b"null"
    if _is_plain(value):
        return _ENCODER.encode(value).encode()
    return rfc8785.dumps(cast("rfc8785._Value", value))  # type: ignore[name-defined]


def json_text(value: str | int | None) -> str:
    """A text, an integer or nothing as canonical JSON."""
    return _ENCODER.encode(value)


def _is_plain(value: JsonValue) -> bool:
    """Whether no rule of RFC 8785 is in play that the standard library does not follow.

    It sorts keys by code points, not by UTF-16 units, and writes numbers as Python does: `1.0`, `1e-07`.
    """
    kind = type(value)
    if kind is dict:
        for key, member in cast("dict[str, JsonValue]", value).items():
            if not key.isascii() or not (type(member) is str or _is_plain(member)):
                return False
        return True
    if kind is list or kind is tuple:
        return all(map(_is_plain, cast("Sequence[JsonValue]", value)))
    if kind is float:
        digits = repr(value)
        return "e" not in digits and not digits.endswith((".0", "nan", "inf"))
    return kind is str or kind is bool or value is None or (kind is int and abs(cast("int", value)) <= MAX_INTEGER)


_PLAIN = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))


def plain_json(value: JsonValue) -> str:
    """JSON that reads back as what it was: `5.0` stays a float, where RFC 8785 writes `5`."""
    return "null" if value is None else _PLAIN.encode(value)


def read_json(text: str) -> JsonValue:
    """What was written by `canonical_json`, fit to be written and sent again.

    RFC 8785 writes a large float as an integer: 1e20 has 21 digits. Beyond ±(2^53-1) there was no other integer.
    """
    value: JsonValue = _DECODER.decode(text)
    return value


def read_object(text: str) -> JsonObject:
    """As `read_json`, where an object was written."""
    return cast("JsonObject", read_json(text))


def _number(digits: str) -> int | float:
    number = int(digits)
    return number if -MAX_INTEGER <= number <= MAX_INTEGER else float(digits)


_DECODER = json.JSONDecoder(parse_int=_number)  # made once: making one costs more than a small document


def child_pointer(pointer: str, key: str) -> str:
    """The JSON pointer (RFC 6901) of a member of the object at `pointer`."""
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


def check_json(value: JsonValue) -> None:
    """Hold a decoded JSON document against I-JSON and the registry's bounds.

    Raises:
        InvalidInput: nested deeper than 64, an integer beyond ±(2^53-1), NaN or an infinity, a lone surrogate or a
            NUL in a string; each with its JSON pointer.
    """
    errors: list[FieldError] = []
    _collect(value, None, 0, errors)
    if errors:
        raise InvalidInput(f"the JSON document breaks a rule at {errors[0].pointer or '/'}", errors=errors[:20])


_Place: TypeAlias = "tuple[_Place | None, str | int] | None"
"""The way to a value: the place of what holds it, and its key or index there. Most are never written as a pointer."""


def _collect(value: JsonValue, place: _Place, depth: int, errors: list[FieldError]) -> None:
    message = ""
    kind = type(value)
    if kind is str:
        message = _fault_of_text(cast("str", value))
    elif kind is float:
        if not math.isfinite(cast("float", value)):
            message = "NaN and infinities are not numbers in JSON; leave the field out, or send null"
    elif kind is int:
        if not -MAX_INTEGER <= cast("int", value) <= MAX_INTEGER:
            message = "integers lie within ±(2^53-1), or other clients lose digits; send a larger one as text"
    elif kind is not bool and value is not None:
        if depth == MAX_DEPTH:
            message = f"JSON is nested at most {MAX_DEPTH} deep"
        else:
            _collect_within(cast("Sequence[JsonValue] | JsonObject", value), place, depth + 1, errors)
    if message:
        errors.append(FieldError(pointer=_pointer(place), message=message))


def _collect_within(
    value: "Sequence[JsonValue] | JsonObject", place: _Place, depth: int, errors: list[FieldError]
) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if _fault_of_text(key):
                errors.append(FieldError(pointer=_pointer(place), message=f"a key: {_fault_of_text(key)}"))
            elif type(item) is not str or _fault_of_text(item):
                _collect(item, (place, key), depth, errors)
    else:
        for index, item in enumerate(value):
            _collect(item, (place, index), depth, errors)


def _fault_of_text(text: str) -> str:
    return "text must not hold NUL or lone surrogates" if _NOT_TEXT.search(text) else ""


def _pointer(place: _Place) -> str:
    return "" if place is None else child_pointer(_pointer(place[0]), str(place[1]))
