"""The values within a version's documents by path, as searches find them: `param.max_depth`, `meta.training.rows`."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import insert

from modelyard.domain.json_value import JsonObject, JsonValue, plain_json
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.tables import version_values

ADD_VALUES = Prepared(insert(version_values), version_values.c.keys())


def rows_of_params(version_id: int, params: JsonObject) -> Iterator[dict[str, Any]]:
    """A row for each parameter; a list or an object is one value, as the version shows it."""
    return (_row(version_id, f"param.{key}", 0, value) for key, value in params.items())


def rows_of(version_id: int, root: str, document: JsonObject | None) -> Iterator[dict[str, Any]]:
    """A row for each value within a document, nulls left out.

    Keys are joined by dots. All elements of a list stand under the list's path, each different value once.
    """
    places: dict[str, int] = {}
    seen = set()
    for path, value in _leaves(root, document or {}):
        row = _row(version_id, path, places.get(path, 0), value)
        if value is not None and (path, row["text_value"]) not in seen:
            seen.add((path, row["text_value"]))
            places[path] = row["place"] + 1
            yield row


def _leaves(path: str, value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{path}.{key}", inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(path, inner)
    else:
        yield path, value


def _row(version_id: int, path: str, place: int, value: JsonValue) -> dict[str, Any]:
    """The text of a value is as the version shows it; its number is there where it is one."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return {
        "version_id": version_id,
        "path": path,
        "place": place,
        "text_value": value if isinstance(value, str) else plain_json(value),
        "number_value": float(value) if is_number else None,  # type: ignore[arg-type]
    }
