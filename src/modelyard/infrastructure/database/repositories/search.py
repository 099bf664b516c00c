"""Searches in tables: a syntax tree becomes conditions, an order becomes keyset pages."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, literal, or_, select, tuple_

from modelyard.application.ports.search import Rows, SortKey, Window
from modelyard.domain.model_version import VersionSummary
from modelyard.domain.query.syntax import Expression
from modelyard.domain.registered_model import RegisteredModel
from modelyard.infrastructure.database.conditions import model_condition, version_condition
from modelyard.infrastructure.database.repositories.models import SELECT_MODEL, model_of
from modelyard.infrastructure.database.repositories.version_rows import SELECT_SUMMARY, summary_of
from modelyard.infrastructure.database.tables import models, versions

T = TypeVar("T")
Columns = Mapping[str, ColumnElement[Any]]

_MODEL_COLUMNS: Columns = {
    "id": models.c.id,
    "name": models.c.name,
    "created_at": models.c.created_at_ms,
    "updated_at": models.c.updated_at_ms,
}
_VERSION_COLUMNS: Columns = {
    "id": versions.c.id,
    "number": versions.c.number,
    "model": models.c.name,
    "stage": versions.c.stage,
    "created_at": versions.c.created_at_ms,
    "updated_at": versions.c.updated_at_ms,
    "size_bytes": versions.c.size_bytes,
}


class SqlSearch:
    """`Search` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def models(self, expression: Expression, window: Window) -> Rows[RegisteredModel]:
        """Reads one row more than asked for, to know whether more follow."""
        statement = SELECT_MODEL.where(model_condition(expression))
        return self._rows(statement, _MODEL_COLUMNS, window, model_of)

    def versions(self, expression: Expression, model_id: int | None, window: Window) -> Rows[VersionSummary]:
        """Reads one row more than asked for, to know whether more follow."""
        statement = _of_model(SELECT_SUMMARY, model_id).where(version_condition(expression))
        return self._rows(statement, _VERSION_COLUMNS, window, summary_of)

    def count_models(self, expression: Expression, *, at_most: int) -> int:
        """Over a subquery with a limit, so that counting stops there."""
        return self._count(select(models.c.id).where(model_condition(expression)), at_most)

    def count_versions(self, expression: Expression, model_id: int | None, *, at_most: int) -> int:
        """Over a subquery with a limit, so that counting stops there."""
        statement = select(versions.c.id).join(models, models.c.id == versions.c.model_id)
        return self._count(_of_model(statement, model_id).where(version_condition(expression)), at_most)

    def _rows(
        self, statement: Select[Any], columns: Columns, window: Window, item_of: Callable[[Row[Any]], T]
    ) -> Rows[T]:
        keys = [columns[key.field] for key in window.sort]
        statement = statement.add_columns(*(key.label(f"sort_{place}") for place, key in enumerate(keys)))
        if window.after is not None:
            statement = statement.where(_beyond(window.sort, keys, window.after))
        order = [key.desc() if by.is_descending else key.asc() for by, key in zip(window.sort, keys, strict=True)]
        rows = self._connection.execute(statement.order_by(*order).limit(window.limit + 1)).all()
        shown = rows[: window.limit]
        has_more = len(rows) > window.limit
        return Rows([item_of(row) for row in shown], tuple(shown[-1][-len(keys) :]) if has_more else None)

    def _count(self, statement: Select[Any], at_most: int) -> int:
        bounded = statement.limit(at_most).subquery()
        return int(self._connection.execute(select(func.count()).select_from(bounded)).scalar_one())


def _of_model(statement: Select[Any], model_id: int | None) -> Select[Any]:
    return statement if model_id is None else statement.where(versions.c.model_id == model_id)


def _beyond(
    sort: tuple[SortKey, ...], keys: list[ColumnElement[Any]], after: tuple[str | int, ...]
) -> ColumnElement[bool]:
    """Rows that come after these sort values: one row comparison where all keys run one way, else spelled out."""
    directions = {key.is_descending for key in sort}
    if len(directions) == 1:
        row, bound = tuple_(*keys), tuple_(*(literal(value) for value in after))
        return row < bound if directions == {True} else row > bound
    beyond = []
    for place, by in enumerate(sort):
        equal = [keys[before] == after[before] for before in range(place)]
        further = keys[place] < after[place] if by.is_descending else keys[place] > after[place]
        beyond.append(and_(*equal, further))
    return or_(*beyond)
