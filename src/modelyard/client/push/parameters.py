"""Parameters as JSON: what JSON can hold as it is, all else in words."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Final

from modelyard.client.answers import Document

_MOST: Final = 2_000
_MOST_BYTES: Final = 200_000
_LONGEST_KEY: Final = 250
_LONGEST_TEXT: Final = 1_000
_DEEPEST: Final = 6
_LARGEST_INTEGER: Final = 2**53 - 1
_PLACE_IN_MEMORY = re.compile(r" at 0x[0-9a-fA-F]+")


def as_params(given: Mapping[str, object]) -> tuple[Document, list[str]]:
    """Parameters in order of their names, and notes of what was left out.

    Numbers, texts, lists and mappings are kept; NaN and infinities, integers beyond 2^53, types, functions and objects
    stand in words, without places in memory, so that equal parameters look equal.
    """
    kept: Document = {}
    left_out, size = [], 0
    for key, value in sorted((str(key), value) for key, value in given.items()):
        held = as_json(value)
        size += len(json.dumps(held)) + len(key)
        is_bad_key = not 1 <= len(key) <= _LONGEST_KEY or not key.isprintable() or key != key.strip()
        if is_bad_key or len(kept) == _MOST or size > _MOST_BYTES:
            left_out.append(key)
        else:
            kept[key] = held
    notes = [f"{len(left_out)} parameters are left out, {left_out[0][:50]!r} first"] if left_out else []
    return kept, notes


def as_json(value: object, depth: int = 0) -> object:
    """A value as JSON that the registry takes."""
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()  # a number of NumPy, or a tensor with one element
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= _LARGEST_INTEGER:
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {_text(str(key)): as_json(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [as_json(one, depth + 1) for one in value]
    return _in_words(value)


def _in_words(value: object) -> str:
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, set | frozenset):
        return _text(f"{{{', '.join(sorted(map(repr, _any_of(value))))}}}")
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 # an object's own repr may raise anything, and is not worth a push
        text = f"<{type(value).__qualname__}, whose repr raises {type(error).__name__}>"
    return _text(_PLACE_IN_MEMORY.sub("", text))


def _any_of(values: Iterable[object]) -> list[object]:
    return list(values)


def _text(value: str) -> str:
    text = value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
