"""The statements of a search, each built and compiled once for all queries of its shape."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Table,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
    tuple_,
)

from modelyard.application.ports.search import RELEVANCE, SortKey
from modelyard.domain.access.standing import Visibility
from modelyard.domain.query.syntax import EVERYTHING, Comparison, Expression, Field
from modelyard.infrastructure.database.conditions import Condition, Test, metric_rows, value_rows
from modelyard.infrastructure.database.dialects import looked_up, one_of
from modelyard.infrastructure.database.drivers import Driver, Source, drivers_of, parts_of
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.relevance import Scored
from modelyard.infrastructure.database.search_plan import SOME, Begin
from modelyard.infrastructure.database.tables import latest_metrics, models, version_values, versions
from modelyard.infrastructure.database.text_index import TextIndex
from modelyard.infrastructure.database.visibility import names_shown

OF_MODEL: Final = "of_model"
"""The parameter with the model whose versions are searched."""

KEYS: Final = "keys"
"""The parameter with keys that were found before."""

_KEPT: Final = 500
"""Shapes whose statements are kept, those that were asked for last."""

_QUERIED = {"created_at": "created", "updated_at": "updated", "size_bytes": "size"}
"""What queries call a field that is sorted by, where it is not the same."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """One kind of thing that is searched; `columns` are what it can be sorted by."""

    table: Table
    columns: Mapping[str, ColumnElement[Any]]
    condition: Callable[[Expression, str], Condition]
    test_of: Callable[[Field], Test]
    source_of: Callable[[Field], Source | None]
    texts: TextIndex
    scored: Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a search is confined to: the versions of one model, and what the caller may see."""

    is_of_model: bool
    visible: Visibility

    def conditions(self, table: Table) -> Iterator[Condition]:
        """What its rows fulfil."""
        if self.is_of_model:
            yield versions.c.model_id == bindparam(OF_MODEL, type_=BigInteger)
        elif not self.visible.is_everything:
            shown = names_shown(models.c.name, self.visible)
            own = select(models.c.id).where(models.c.id == versions.c.model_id, shown)
            yield shown if table is models else looked_up(own, versions)


@dataclass(frozen=True, slots=True)
class Listed:
    """Which rows a statement lists; `after` says that they lie beyond some values, `after_0` and so on."""

    begin: Begin
    sort: tuple[SortKey, ...]
    limit: int
    is_after: bool = False
    is_lacking: str = ""
    """The metric or parameter that they lack."""


@dataclass(frozen=True, slots=True)
class _Values:
    """The rows of a field whose values are sorted by an index of theirs."""

    key: ColumnElement[int]
    value: ColumnElement[float]
    rows: Condition
    test: Test


class SearchStatements:
    """What is asked of the database for one shape of a query."""

    def __init__(self, searched: Searched, tree: Expression, dialect: str, scope: Scope) -> None:
        self._searched = searched
        self._tree = tree
        self._dialect = dialect
        self._scope = list(scope.conditions(searched.table))
        self.drivers = drivers_of(tree, searched.source_of, searched.texts, dialect)
        if scope.is_of_model and tree != EVERYTHING:
            self.drivers.append(Driver(select(versions.c.id).where(*self._scope), is_ordered=False))

    def counts(self, at_most: int) -> Prepared:
        """How many keys each driver gives."""
        return Prepared(select(*(driver.counted(at_most).scalar_subquery() for driver in self.drivers)))

    def listing(self, listed: Listed) -> Prepared:
        """Keys, and what they are sorted by."""
        field = listed.sort[0].field
        if field == RELEVANCE:
            return self._by_relevance(listed)
        if "." in field:
            return self._by_value(Field(*field.split(".", 1)), listed)
        keys, key = self._keys(listed.begin)
        columns = {**self._searched.columns, "id": key}
        order = [columns[by.field] for by in listed.sort]
        conditions = [*self._conditions(listed.begin), *self._bounds(_QUERIED.get(field, field))]
        if listed.is_lacking:
            values = _values_of(Field(*listed.is_lacking.split(".", 1)))
            own = select(values.key).where(values.key == versions.c.id, values.rows)
            conditions.append(~looked_up(own, versions))
        table = self._searched.table
        if keys is not table and (conditions or any(column is not key for column in order)):
            keys = keys.join(table, table.c.id == key)
        return self._rows(self._named(keys, order), key, order, conditions, listed)

    def _keys(self, begin: Begin) -> tuple[FromClause, ColumnElement[int]]:
        if begin.driver is None:
            return self._searched.table, self._searched.table.c.id
        driver = self.drivers[begin.driver]
        if begin.is_gathered:
            gathered = driver.gathered(SOME)
            return gathered, gathered.c.id
        if driver.ranged is not None:
            found = driver.walked().cte("walked").prefix_with("MATERIALIZED")
            return found, found.c.id
        walked = driver.walked().subquery("walked")
        return walked, walked.c.id

    def _conditions(self, begin: Begin) -> list[Condition]:
        """All that is not known of what is begun with."""
        known = () if begin.driver is None else self.drivers[begin.driver].parts
        parts = [part for part in parts_of(self._tree) if part not in known]
        return [*self._scope, *(self._searched.condition(part, self._dialect) for part in parts)]

    def _by_relevance(self, listed: Listed) -> Prepared:
        """Of keys that were found before; the score is a column like any other."""
        table = self._searched.table
        order = [self._searched.scored(self._tree), table.c.id]
        return self._rows(self._named(table, [models.c.name]), table.c.id, order, [one_of(table.c.id, KEYS)], listed)

    def _by_value(self, field: Field, listed: Listed) -> Prepared:
        """What was gathered is sorted; else the index of the values is walked."""
        values = _values_of(field)
        conditions = self._conditions(listed.begin)
        if listed.begin.is_gathered:
            keys, key = self._keys(listed.begin)
            own = select(values.value).where(values.key == versions.c.id, values.rows)
            value = own.correlate(versions).scalar_subquery()
            source = keys.join(versions, versions.c.id == key)
            return self._rows(source, key, [value, key], [*conditions, value.is_not(None)], listed)
        source = values.key.table
        if conditions:
            source = source.join(versions, values.key == versions.c.id)
        bounds = [values.rows, *self._bounds(field, values.test)]
        return self._rows(source, values.key, [values.value, values.key], [*conditions, *bounds], listed)

    def _bounds(self, field: Field | str, test: Test | None = None) -> list[Condition]:
        """What the query asks of the field that is sorted by: the walk along it begins and ends there."""
        return [
            (test or self._searched.test_of(part.field))(part.operator, part.value)
            for part in parts_of(self._tree)
            if isinstance(part, Comparison) and field in {part.field, part.field.root}
        ]

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
        listed: Listed,
    ) -> Prepared:
        labels = [column.label(f"sort_{place}") for place, column in enumerate(order)]
        statement = select(key.label("id"), *labels).select_from(source).where(*conditions)
        if listed.is_after:
            statement = statement.where(_beyond(listed.sort, order))
        sort = [
            column.desc() if by.is_descending else column.asc() for by, column in zip(listed.sort, order, strict=True)
        ]
        return Prepared(statement.order_by(*sort).limit(literal_column(str(listed.limit), Integer)))


@lru_cache(maxsize=_KEPT)
def statements_of(searched: Searched, tree: Expression, dialect: str, scope: Scope) -> SearchStatements:
    """Those of a shape."""
    return SearchStatements(searched, tree, dialect, scope)


@lru_cache(maxsize=_KEPT)
def counting(searched: Searched, tree: Expression, dialect: str, at_most: int, scope: Scope) -> Prepared:
    """How many keys each driver of a shape gives."""
    return statements_of(searched, tree, dialect, scope).counts(at_most)


@lru_cache(maxsize=_KEPT)
def listing(searched: Searched, tree: Expression, dialect: str, listed: Listed, scope: Scope) -> Prepared:
    """The keys that a query of a shape finds."""
    return statements_of(searched, tree, dialect, scope).listing(listed)


def _values_of(field: Field) -> _Values:
    if field.root == "metric":
        return _Values(latest_metrics.c.version_id, latest_metrics.c.value, *metric_rows(field))
    rows, test = value_rows(field)
    value = version_values.c.number_value
    return _Values(version_values.c.version_id, value, and_(rows, value.is_not(None)), test)


def _beyond(sort: Sequence[SortKey], order: Sequence[ColumnElement[Any]]) -> Condition:
    """Rows that come after some sort values: one row comparison where all keys run one way, else spelled out."""
    after = [bindparam(f"after_{place}", type_=column.type) for place, column in enumerate(order)]
    directions = {key.is_descending for key in sort}
    if len(directions) == 1:
        row, bound = tuple_(*order), tuple_(*after)
        return row < bound if directions == {True} else row > bound
    beyond = []
    for place, by in enumerate(sort):
        equal = [order[before] == after[before] for before in range(place)]
        further = order[place] < after[place] if by.is_descending else order[place] > after[place]
        beyond.append(and_(*equal, further))
    return or_(*beyond)
