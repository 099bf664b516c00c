"""Values that begin with a text, each once: by leaping through an index from one to the next."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, true

from modelyard.domain.query.syntax import Field
from modelyard.infrastructure.database.conditions import Condition
from modelyard.infrastructure.database.tables import (
    aliases,
    latest_metrics,
    models,
    version_tags,
    version_values,
    versions,
)

_LAST = "\U0010ffff"
"""Sorts behind whatever may follow a prefix."""


def keys_of(connection: Connection, root: str, prefix: str, limit: int) -> Sequence[str]:
    """The keys of a keyed field."""
    match root:
        case "tag":
            return _leap(connection, version_tags.c.key, true(), prefix, limit)
        case "metric":
            return _metrics(connection, prefix, limit)
        case _:
            path = version_values.c.path
            found = _leap(connection, path, true(), f"{root}.{prefix}", limit)
            return [key.removeprefix(f"{root}.") for key in found]


def values_of(connection: Connection, field: Field, prefix: str, limit: int) -> Sequence[str]:
    """The values of a field, where an index lists them."""
    found = _listed(field)
    return [] if found is None else _leap(connection, *found, prefix, limit)


def _listed(field: Field) -> tuple[ColumnElement[str], Condition] | None:
    match field.root:
        case "model" | "name":
            return models.c.name, true()
        case "owner":
            return versions.c.created_by, true()
        case "framework":
            return versions.c.framework_name, true()
        case "alias":
            return aliases.c.name, true()
        case "tag":
            return version_tags.c.value, version_tags.c.key == field.key
        case "param" | "meta" | "lineage":
            return version_values.c.text_value, version_values.c.path == f"{field.root}.{field.key}"
        case _:
            return None


def _metrics(connection: Connection, prefix: str, limit: int) -> Sequence[str]:
    """Names alone; with an `@`, the datasets of a name."""
    name, at, dataset = prefix.partition("@")
    if not at:
        return _leap(connection, latest_metrics.c.name, true(), name, limit)
    found = _leap(connection, latest_metrics.c.dataset, latest_metrics.c.name == name, dataset, limit)
    return [f"{name}@{each}" for each in found if each]


def _leap(
    connection: Connection, column: ColumnElement[Any], rows: Condition, prefix: str, limit: int
) -> Sequence[str]:
    found: list[str] = []
    while len(found) < limit:
        beyond = column > found[-1] if found else column >= prefix
        following = select(func.min(column)).where(rows, beyond, column < prefix + _LAST)
        value = connection.execute(following).scalar()
        if value is None:
            break
        found.append(value)
    return found
