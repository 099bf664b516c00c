"""Values that begin with a text, each once: by leaping through an index from one to the next."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, func, select, true

from modelyard.domain.access.standing import Visibility
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
from modelyard.infrastructure.database.visibility import names_shown

_LAST = "\U0010ffff"
"""Sorts behind whatever may follow a prefix."""


def keys_of(connection: Connection, root: str, prefix: str, limit: int, among: Sequence[int] | None) -> Sequence[str]:
    """The keys of a keyed field, of all versions or among some."""
    match root:
        case "tag":
            rows = _within(version_tags.c.version_id, among)
            return _leap(connection, version_tags.c.key, rows, prefix, limit)
        case "metric":
            return _metrics(connection, prefix, limit, _within(latest_metrics.c.version_id, among))
        case _:
            rows = _within(version_values.c.version_id, among)
            found = _leap(connection, version_values.c.path, rows, f"{root}.{prefix}", limit)
            return [key.removeprefix(f"{root}.") for key in found]


def values_of(
    connection: Connection, field: Field, prefix: str, limit: int, among: Sequence[int] | None
) -> Sequence[str]:
    """The values of a field, where an index lists them, of all versions or among some."""
    found = _listed(field)
    if found is None:
        return []
    column, rows = found
    key = column.table.c.id if column.table is versions else column.table.c.version_id
    return _leap(connection, column, and_(rows, _within(key, among)), prefix, limit)


def names_of(connection: Connection, prefix: str, limit: int, visible: Visibility) -> Sequence[str]:
    """The names of models that may be seen."""
    return _leap(connection, models.c.name, names_shown(models.c.name, visible), prefix, limit)


def _within(key: ColumnElement[int], among: Sequence[int] | None) -> Condition:
    return true() if among is None else key.in_(among)


def _listed(field: Field) -> tuple[Column[str], Condition] | None:
    match field.root:
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


def _metrics(connection: Connection, prefix: str, limit: int, rows: Condition) -> Sequence[str]:
    """Names alone; with an `@`, the datasets of a name."""
    name, at, dataset = prefix.partition("@")
    if not at:
        return _leap(connection, latest_metrics.c.name, rows, name, limit)
    found = _leap(connection, latest_metrics.c.dataset, and_(latest_metrics.c.name == name, rows), dataset, limit)
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
