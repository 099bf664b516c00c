"""Metrics in tables: every point, and beside them the latest of each key."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Row, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from modelyard.domain.errors import FieldError, MetricConflict
from modelyard.domain.metric import MetricKey, MetricPoint
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.tables import latest_metrics, metric_points

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


_Insert = Callable[[Table], sqlite.Insert] | Callable[[Table], postgresql.Insert]


def _keep_first(insert: _Insert) -> Insert:
    return insert(metric_points).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def _keep_latest(insert: _Insert) -> Insert:
    """At the same step there is the same value, measured when it was first recorded."""
    statement = insert(latest_metrics)
    return statement.on_conflict_do_update(
        index_elements=["version_id", "slice", "name", "dataset"],
        set_={column: statement.excluded[column] for column in ("step", "value", "recorded_at_ms")},
        where=latest_metrics.c.step < statement.excluded.step,
    )


_ADD_NEW = {"sqlite": _keep_first(sqlite.insert), "postgresql": _keep_first(postgresql.insert)}
_SET_LATEST = {"sqlite": _keep_latest(sqlite.insert), "postgresql": _keep_latest(postgresql.insert)}


class SqlMetrics:
    """`Metrics` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, version_id: int, points: Sequence[MetricPoint]) -> int:
        """Inserts what is new, and compares with what is stored only where some were not."""
        rows = [_row_of(version_id, point) for point in points]
        dialect = self._connection.dialect.name
        appended = self._connection.execute(_ADD_NEW[dialect], rows).rowcount
        if appended != len(rows):
            self._require_same(version_id, points)
        self._connection.execute(_SET_LATEST[dialect], _highest_steps(rows))
        return appended

    def latest(self, version_id: int) -> Sequence[MetricPoint]:
        """From the table of latest values."""
        return [_point_of(row) for row in self._connection.execute(_LATEST, {"of_version": version_id})]

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
    return {"of_version": version_id, "of_name": key.name, "of_dataset": key.dataset, "of_slice": key.slice}


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


def _point_of(row: Row[*tuple[Any, ...]]) -> MetricPoint:
    name, dataset, slice_, step, value, recorded_at_ms = row
    return MetricPoint(
        key=MetricKey(name=name, dataset=dataset, slice=slice_),
        step=step,
        value=value,
        recorded_at=from_ms(recorded_at_ms),
    )
