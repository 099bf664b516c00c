"""Metrics in tables: every point, and beside them the latest of each key."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from modelyard.domain.errors import FieldError, MetricConflict
from modelyard.domain.metric import MetricKey, MetricPoint, MetricSummary, Sampled
from modelyard.infrastructure.database.dialects import ONE
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.tables import latest_metrics, metric_points, versions

_KEY = ("name", "dataset", "slice")


def _of_key(table: Table) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.version_id == bindparam("of_version"),
        *(table.c[column] == bindparam(f"of_{column}") for column in _KEY),
    )


_AT_STEP = select(metric_points.c.value).where(*_of_key(metric_points), metric_points.c.step == bindparam("of_step"))
_COLUMNS = ("name", "dataset", "slice", "step", "value", "recorded_at_ms")
_LATEST = (
    select(*(latest_metrics.c[column] for column in _COLUMNS))
    .where(latest_metrics.c.version_id == bindparam("of_version"))
    .order_by(latest_metrics.c.name, latest_metrics.c.dataset, latest_metrics.c.slice)
)
_HISTORY = (
    select(*(metric_points.c[column] for column in _COLUMNS))
    .where(*_of_key(metric_points), metric_points.c.step > bindparam("after_step"))
    .order_by(metric_points.c.step)
    .limit(bindparam("at_most"))
)


_LATEST_OF = select(latest_metrics.c.version_id, *(latest_metrics.c[column] for column in _COLUMNS)).where(
    latest_metrics.c.version_id.in_(bindparam("version_ids", expanding=True)),
    *(latest_metrics.c[column] == bindparam(f"of_{column}") for column in _KEY),
)
_NEWEST = (
    select(versions.c.id, versions.c.number)
    .where(versions.c.model_id == bindparam("of_model"), versions.c.number <= bindparam("up_to"))
    .order_by(versions.c.number.desc())
    .limit(bindparam("within"))
    .subquery()
)
_TREND = (
    select(_NEWEST.c.number, latest_metrics.c.value)
    .join(latest_metrics, latest_metrics.c.version_id == _NEWEST.c.id)
    .where(*(latest_metrics.c[column] == bindparam(f"of_{column}") for column in _KEY))
    .order_by(_NEWEST.c.number)
)
_SUMS = (
    select(
        *(metric_points.c[column] for column in _KEY),
        func.count(),
        func.min(metric_points.c.step),
        func.min(metric_points.c.value),
        func.max(metric_points.c.value),
        func.avg(metric_points.c.value),
    )
    .where(metric_points.c.version_id == bindparam("of_version"))
    .group_by(*(metric_points.c[column] for column in _KEY))
)
_FIRST_WITH = (
    select(*(metric_points.c[column] for column in _COLUMNS))
    .where(*_of_key(metric_points), metric_points.c.value == bindparam("of_value"))
    .order_by(metric_points.c.step)
    .limit(ONE)
)
_SPAN = select(func.count(), func.min(metric_points.c.step), func.max(metric_points.c.step)).where(
    *_of_key(metric_points)
)


def _first_within(order: ColumnElement[Any]) -> Prepared:
    """The point of a range of steps that comes first in an order, the earlier of equal ones."""
    within = (metric_points.c.step >= bindparam("from_step"), metric_points.c.step < bindparam("to_step"))
    statement = select(*(metric_points.c[column] for column in _COLUMNS)).where(*_of_key(metric_points), *within)
    return Prepared(statement.order_by(order, metric_points.c.step).limit(ONE))


_SMALLEST, _GREATEST = _first_within(metric_points.c.value.asc()), _first_within(metric_points.c.value.desc())

_Insert = Callable[[Table], sqlite.Insert] | Callable[[Table], postgresql.Insert]


def _keep_first(insert: _Insert) -> Insert:
    return insert(metric_points).on_conflict_do_nothing()


def _keep_latest(insert: _Insert) -> Insert:
    """At the same step there is the same value, measured when it was first recorded."""
    statement = insert(latest_metrics)
    return statement.on_conflict_do_update(
        index_elements=["version_id", "slice", "name", "dataset"],
        set_={column: statement.excluded[column] for column in ("step", "value", "recorded_at_ms")},
        where=latest_metrics.c.step < statement.excluded.step,
    )


_COLUMNS_OF_POINTS = metric_points.c.keys()
_ADD_NEW = {
    "sqlite": Prepared(_keep_first(sqlite.insert), _COLUMNS_OF_POINTS),
    "postgresql": Prepared(_keep_first(postgresql.insert), _COLUMNS_OF_POINTS),
}
_SET_LATEST = {"sqlite": _keep_latest(sqlite.insert), "postgresql": _keep_latest(postgresql.insert)}


class SqlMetrics:
    """`Metrics` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, version_id: int, points: Sequence[MetricPoint]) -> int:
        """Inserts what is new, and compares with what is stored only where some were not."""
        rows = [_row_of(version_id, point) for point in points]
        dialect = self._connection.dialect.name
        appended = _ADD_NEW[dialect].many(self._connection, rows)
        if appended != len(rows):
            self._require_same(version_id, points)
        self._connection.execute(_SET_LATEST[dialect], _highest_steps(rows))
        return appended

    def latest(self, version_id: int) -> Sequence[MetricPoint]:
        """From the table of latest values."""
        return [_point_of(row) for row in self._connection.execute(_LATEST, {"of_version": version_id})]

    def latest_of(self, version_ids: Sequence[int], key: MetricKey) -> Mapping[int, MetricPoint]:
        """By primary key."""
        values = {**_parameters(0, key), "version_ids": list(version_ids)}
        if not version_ids:
            return {}
        return {row[0]: _point_of(tuple(row)[1:]) for row in self._connection.execute(_LATEST_OF, values)}

    def summaries(self, version_id: int, *, is_higher_better: bool) -> Sequence[MetricSummary]:
        """In one walk over all points, and one more of each key for the step of its best value."""
        found = self._connection.execute(_SUMS, {"of_version": version_id})
        sums = {tuple(row)[:3]: tuple(row)[3:] for row in found}
        summaries = []
        for point in self.latest(version_id):
            count, first_step, minimum, maximum, mean = sums[point.key.name, point.key.dataset, point.key.slice]
            wanted = {**_parameters(version_id, point.key), "of_value": maximum if is_higher_better else minimum}
            best = _point_of(self._connection.execute(_FIRST_WITH, wanted).one())
            summaries.append(
                MetricSummary(
                    latest=point, best=best, count=count, first_step=first_step, minimum=minimum, maximum=maximum,
                    mean=float(mean),
                )
            )  # fmt: skip
        return summaries

    def trend(self, model_id: int, key: MetricKey, *, up_to: int, within: int) -> Sequence[tuple[int, float]]:
        """The newest versions first, by their index; then of each its value, by primary key."""
        values = {"of_model": model_id, "up_to": up_to, "within": within, **_of(key)}
        return [(number, value) for number, value in self._connection.execute(_TREND, values)]

    def extremes(self, version_id: int, key: MetricKey, *, at_most: int) -> Sampled:
        """Each stretch is a range of the primary key, walked once for its smallest and once for its greatest value."""
        values = _parameters(version_id, key)
        count, first, last = self._connection.execute(_SPAN, values).one()
        if count <= at_most:
            return Sampled(points=self.history(version_id, key, after_step=None, limit=at_most), count=count)
        stretches, inner = (at_most - 2) // 2, last - first - 1
        ends = [first + 1 + inner * place // stretches for place in range(stretches + 1)] if stretches else []
        rows = {first: self._at(values, first), last: self._at(values, last)}
        for begin, end in pairwise(ends):
            for statement in (_SMALLEST, _GREATEST):
                row = statement.first(self._connection, {**values, "from_step": begin, "to_step": end})
                if row is not None:
                    rows[row[3]] = row
        return Sampled(points=[_point_of(rows[step]) for step in sorted(rows)], count=count)

    def _at(self, values: Mapping[str, str | int], step: int) -> Sequence[Any]:
        return _SMALLEST.one(self._connection, {**values, "from_step": step, "to_step": step + 1})

    def history(self, version_id: int, key: MetricKey, *, after_step: int | None, limit: int) -> Sequence[MetricPoint]:
        """A range of the primary key."""
        values = {
            **_parameters(version_id, key),
            "after_step": -1 if after_step is None else after_step,
            "at_most": limit,
        }
        return [_point_of(row) for row in self._connection.execute(_HISTORY, values)]

    def _require_same(self, version_id: int, points: Sequence[MetricPoint]) -> None:
        """Some points were there already: hold each against what is stored."""
        for index, point in enumerate(points):
            values = {**_parameters(version_id, point.key), "of_step": point.step}
            held = self._connection.execute(_AT_STEP, values).scalar_one()
            if held != point.value:
                message = f"{point.key} was recorded at step {point.step} with the value {held!r}"
                raise MetricConflict(
                    message,
                    hint="Use another step for another measurement; recorded values do not change.",
                    errors=[FieldError(pointer=f"/metrics/{index}/value", message=message)],
                )


def _parameters(version_id: int, key: MetricKey) -> dict[str, str | int]:
    return {"of_version": version_id, **_of(key)}


def _of(key: MetricKey) -> dict[str, str]:
    return {"of_name": key.name, "of_dataset": key.dataset, "of_slice": key.slice}


def _row_of(version_id: int, point: MetricPoint) -> dict[str, Any]:
    return {
        "version_id": version_id,
        "name": point.key.name,
        "dataset": point.key.dataset,
        "slice": point.key.slice,
        "step": point.step,
        "value": point.value,
        "recorded_at_ms": to_ms(point.recorded_at),
    }


def _highest_steps(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    highest: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(row[column] for column in _KEY)
        if key not in highest or highest[key]["step"] < row["step"]:
            highest[key] = row
    return list(highest.values())


def _point_of(row: Sequence[Any]) -> MetricPoint:
    name, dataset, slice_, step, value, recorded_at_ms = row
    return MetricPoint(
        key=MetricKey(name=name, dataset=dataset, slice=slice_),
        step=step,
        value=value,
        recorded_at=from_ms(recorded_at_ms),
    )
