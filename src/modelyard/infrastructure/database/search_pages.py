"""Pages of a search: which rows, in which order, from where on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from modelyard.application.ports.search import RELEVANCE, Rows, SortKey, SortValue, Window
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.domain.query.syntax import EVERYTHING, Among, Comparison, Expression, Field, Present
from modelyard.infrastructure.database.conditions import Condition, Test, metric_rows, value_rows
from modelyard.infrastructure.database.dialects import looked_up
from modelyard.infrastructure.database.drivers import Driver, Source, drivers_of, parts_of
from modelyard.infrastructure.database.relevance import Scored
from modelyard.infrastructure.database.search_plan import Start, start
from modelyard.infrastructure.database.tables import latest_metrics, models, version_values, versions
from modelyard.infrastructure.database.text_index import TextIndex

RANKED: Final = 500
"""Of so many that fit, the newest, the most relevant are found."""

_QUERIED = {"created_at": "created", "updated_at": "updated", "size_bytes": "size"}
"""What queries call a field that is sorted by, where it is not the same."""

_BEYOND_ALL_KEYS = {True: MAX_INTEGER, False: 0}
"""Where a list of keys begins, descending or not; a cursor holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """One kind of thing that is searched; `columns` are what it can be sorted by."""

    table: Table
    columns: Mapping[str, ColumnElement[Any]]
    condition: Callable[[Expression, str], Condition]
    test_of: Callable[[Field], Test]
    source_of: Callable[[Field], Source | None]
    texts: TextIndex
    scored: Scored


class SearchPages:
    """The keys of what an expression finds, of one model or of all."""

    def __init__(
        self, connection: Connection, searched: Searched, expression: Expression, model_id: int | None = None
    ) -> None:
        self._connection = connection
        self._searched = searched
        self._expression = expression
        self._scope: list[Condition] = []
        self._drivers = drivers_of(expression, searched.source_of, searched.texts, connection.dialect.name)
        if model_id is not None:
            of_model = versions.c.model_id == model_id
            self._scope.append(of_model)
            if expression != EVERYTHING:
                self._drivers.append(Driver(select(versions.c.id).where(of_model), is_ordered=False))

    def page(self, window: Window) -> Rows[int]:
        """A page of keys."""
        field = window.sort[0].field
        if field == RELEVANCE:
            return self._by_relevance(window)
        if "." in field:
            return self._by_value(Field(*field.split(".", 1)), window)
        begin = self._start(is_by_key=field == "id")
        columns = {**self._searched.columns, "id": begin.key}
        keys = [columns[key.field] for key in window.sort]
        bounds = self._bounds(_QUERIED.get(field, field), self._searched.test_of)
        return self._rows(self._named(begin.source, keys), begin.key, keys, [*self._conditions(begin), *bounds], window)

    def count(self, at_most: int) -> int:
        """How many there are, as far as it is counted."""
        counted = select(func.count()).select_from(self.newest(at_most).subquery())
        return int(self._connection.execute(counted).scalar_one())

    def newest(self, at_most: int) -> Select[int]:
        """The keys of the newest, as `id`."""
        begin = self._start(is_by_key=True)
        statement = select(begin.key.label("id")).select_from(begin.source).where(*self._conditions(begin))
        return statement.order_by(begin.key.desc()).limit(at_most)

    def _start(self, *, is_by_key: bool) -> Start:
        return start(self._connection, self._searched.table, self._drivers, is_by_key=is_by_key)

    def _conditions(self, begin: Start) -> list[Condition]:
        """All that is not known of what is begun with."""
        parts = [part for part in parts_of(self._expression) if part is not begin.part]
        return [*self._scope, *(self._searched.condition(part, self._connection.dialect.name) for part in parts)]

    def _by_relevance(self, window: Window) -> Rows[int]:
        """The best of the newest; the score is a column like any other."""
        newest = self.newest(RANKED).subquery("newest")
        table = self._searched.table
        source = self._named(newest.join(table, table.c.id == newest.c.id), [models.c.name])
        return self._rows(source, newest.c.id, [self._searched.scored(self._expression), newest.c.id], [], window)

    def _by_value(self, field: Field, window: Window) -> Rows[int]:
        """Those that have the value come first, in its order; then those that have none, by key."""
        is_without = window.after is not None and window.after[0] is None
        found: Rows[int] = Rows([], None) if is_without else self._having(field, window)
        if found.next_after is not None or _requires(self._expression, field):
            return found
        by_key = window.sort[-1]
        first = (_BEYOND_ALL_KEYS[by_key.is_descending],)
        after = window.after[1:] if is_without and window.after else first
        rest = self._lacking(field, Window(sort=(by_key,), after=after, limit=window.limit - len(found.items)))
        following = (None, *rest.next_after) if rest.next_after else None
        return Rows([*found.items, *rest.items], following)

    def _having(self, field: Field, window: Window) -> Rows[int]:
        """What was gathered is sorted; else the index of the values is walked."""
        values = _values_of(field)
        begin = self._start(is_by_key=False)
        if begin.is_gathered:
            own = select(values.value).where(values.key == versions.c.id, values.rows)
            value = own.correlate(versions).scalar_subquery()
            conditions = [*self._conditions(begin), value.is_not(None)]
            return self._rows(begin.source, begin.key, [value, begin.key], conditions, window)
        source = values.key.table.join(versions, values.key == versions.c.id)
        bounds = [values.rows, *self._bounds(field, lambda _: values.test)]
        return self._rows(source, values.key, [values.value, values.key], [*self._conditions(begin), *bounds], window)

    def _bounds(self, field: Field | str, test_of: Callable[[Field], Test]) -> list[Condition]:
        """What the query asks of the field that is sorted by: the walk along it begins and ends there."""
        return [
            test_of(part.field)(part.operator, part.value)
            for part in parts_of(self._expression)
            if isinstance(part, Comparison) and field in {part.field, part.field.root}
        ]

    def _lacking(self, field: Field, window: Window) -> Rows[int]:
        values = _values_of(field)
        begin = self._start(is_by_key=True)
        lacking = ~looked_up(select(values.key).where(values.key == versions.c.id, values.rows), versions)
        return self._rows(begin.source, begin.key, [begin.key], [*self._conditions(begin), lacking], window)

    def _named(self, source: FromClause, keys: Sequence[ColumnElement[Any]]) -> FromClause:
        """Joined with the models where versions are sorted by their names."""
        is_needed = self._searched.table is versions and any(key is models.c.name for key in keys)
        return source.join(models, models.c.id == versions.c.model_id) if is_needed else source

    def _rows(
        self,
        source: FromClause,
        key: ColumnElement[int],
        order: Sequence[ColumnElement[Any]],
        conditions: Sequence[Condition],
        window: Window,
    ) -> Rows[int]:
        """One more than asked for, to know whether more follow."""
        labels = [column.label(f"sort_{place}") for place, column in enumerate(order)]
        statement = select(key.label("id"), *labels).select_from(source).where(*conditions)
        if window.after is not None:
            statement = statement.where(_beyond(window.sort, order, window.after))
        sort = [
            column.desc() if by.is_descending else column.asc() for by, column in zip(window.sort, order, strict=True)
        ]
        rows = self._connection.execute(statement.order_by(*sort).limit(window.limit + 1)).all()
        shown = rows[: window.limit]
        following = None
        if len(rows) > window.limit:
            following = tuple(shown[-1][1:]) if shown else window.after
        return Rows([row[0] for row in shown], following)


@dataclass(frozen=True, slots=True)
class _Values:
    """The rows of a field whose values are sorted by an index of theirs."""

    key: ColumnElement[int]
    value: ColumnElement[float]
    rows: Condition
    test: Test


def _values_of(field: Field) -> _Values:
    if field.root == "metric":
        return _Values(latest_metrics.c.version_id, latest_metrics.c.value, *metric_rows(field))
    rows, test = value_rows(field)
    value = version_values.c.number_value
    return _Values(version_values.c.version_id, value, and_(rows, value.is_not(None)), test)


def _requires(expression: Expression, field: Field) -> bool:
    """Whether nothing is found that lacks a number in this field."""
    return any(
        part.field == field and not (isinstance(part, Comparison) and isinstance(part.value, str))
        for part in parts_of(expression)
        if isinstance(part, Comparison | Among) or (isinstance(part, Present) and field.root == "metric")
    )


def _beyond(sort: Sequence[SortKey], order: Sequence[ColumnElement[Any]], after: Sequence[SortValue]) -> Condition:
    """Rows that come after these sort values: one row comparison where all keys run one way, else spelled out."""
    directions = {key.is_descending for key in sort}
    if len(directions) == 1:
        row, bound = tuple_(*order), tuple_(*(literal(value) for value in after))
        return row < bound if directions == {True} else row > bound
    beyond = []
    for place, by in enumerate(sort):
        equal = [order[before] == after[before] for before in range(place)]
        further = order[place] < after[place] if by.is_descending else order[place] > after[place]
        beyond.append(and_(*equal, further))
    return or_(*beyond)
