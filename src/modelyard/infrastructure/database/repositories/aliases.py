"""Aliases in tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from modelyard.application.ports.aliases import Alias
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.tables import aliases, models, versions

_SELECT = (
    select(
        models.c.name.label("model"),
        aliases.c.name,
        versions.c.number,
        aliases.c.is_protected,
        aliases.c.updated_at_ms,
        aliases.c.updated_by,
        aliases.c.revision,
    )
    .join(versions, versions.c.id == aliases.c.version_id)
    .join(models, models.c.id == aliases.c.model_id)
    .where(aliases.c.model_id == bindparam("model_id"))
)
_FIND = _SELECT.where(aliases.c.name == bindparam("alias"))
_OF_MODEL = _SELECT.order_by(aliases.c.name)
_TARGET = (
    select(versions.c.id)
    .where(versions.c.model_id == bindparam("of_model"), versions.c.number == bindparam("number"))
    .scalar_subquery()
)
_THIS = (aliases.c.model_id == bindparam("of_model"), aliases.c.name == bindparam("alias"))
_MOVE = (
    update(aliases)
    .where(*_THIS)
    .values(
        version_id=_TARGET,
        is_protected=bindparam("protected"),
        updated_at_ms=bindparam("at_ms"),
        updated_by=bindparam("by"),
        revision=aliases.c.revision + 1,
    )
)
_ADD = insert(aliases).values(
    model_id=bindparam("of_model"),
    name=bindparam("alias"),
    version_id=_TARGET,
    is_protected=bindparam("protected"),
    updated_at_ms=bindparam("at_ms"),
    updated_by=bindparam("by"),
    revision=1,
)
_DELETE = delete(aliases).where(*_THIS)


class SqlAliases:
    """`Aliases` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, model_id: int, name: str) -> Alias | None:
        """By primary key."""
        row = self._connection.execute(_FIND, {"model_id": model_id, "alias": name}).first()
        return None if row is None else _alias_of(row)

    def of_model(self, model_id: int) -> Sequence[Alias]:
        """In one statement, with the versions' numbers."""
        return [_alias_of(row) for row in self._connection.execute(_OF_MODEL, {"model_id": model_id})]

    def point(self, model_id: int, name: str, version: int, *, is_protected: bool, by: str, at: datetime) -> None:
        """An update, and where there was none to update, an insert: the revision counts in SQL."""
        values: dict[str, object] = {
            "of_model": model_id,
            "alias": name,
            "number": version,
            "protected": is_protected,
            "at_ms": to_ms(at),
            "by": by,
        }
        if self._connection.execute(_MOVE, values).rowcount == 0:
            self._connection.execute(_ADD, values)

    def delete(self, model_id: int, name: str) -> None:
        """Idempotent."""
        self._connection.execute(_DELETE, {"of_model": model_id, "alias": name})


def _alias_of(row: Row[*tuple[Any, ...]]) -> Alias:
    model, name, number, is_protected, updated_at_ms, updated_by, revision = row
    return Alias(
        model=model,
        name=name,
        version=number,
        is_protected=is_protected,
        updated_at=from_ms(updated_at_ms),
        updated_by=updated_by,
        revision=revision,
    )
