"""How a search is run: from the index that leaves least to look at, or along the order in which rows are wanted.

Databases choose badly between the two, since they know nothing of how many rows one tag and one metric have in common.
So it is counted, as far as it matters, and the statement is written in a way that leaves no choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, FromClause, Table, func, select

from modelyard.domain.query.syntax import Expression
from modelyard.infrastructure.database.dialects import explain
from modelyard.infrastructure.database.drivers import Driver

FEW = 2_000
"""So many rows are looked at one by one sooner than anything else is tried."""

SOME = 8_000
"""More than this are never gathered: a page is found sooner along the order, where so many fit."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a statement reads from, its column with the keys, and whether these are all that can be found.

    `part` of the query holds of all of them.
    """

    source: FromClause
    key: ColumnElement[int]
    is_gathered: bool = False
    part: Expression | None = None


def start(connection: Connection, table: Table, drivers: Sequence[Driver], *, is_by_key: bool) -> Start:
    """Where to begin; `is_by_key` where rows are wanted in the order of keys."""
    driver, is_walked = _chosen(connection, drivers, is_by_key=is_by_key)
    if (driver is None or is_walked) and connection.dialect.name != "sqlite":
        # An index gives the order. PostgreSQL would rather sort where it expects few, and is often wrong.
        connection.execute(select(func.set_config("enable_sort", "off", True)))
    if driver is None:
        return Start(table, table.c.id)
    keys = driver.ids.subquery("walked") if is_walked else driver.gathered(SOME)
    return Start(keys.join(table, table.c.id == keys.c.id), keys.c.id, not is_walked, driver.part)


def _chosen(connection: Connection, drivers: Sequence[Driver], *, is_by_key: bool) -> tuple[Driver | None, bool]:
    """The driver that gives the fewest, and whether it is walked in order rather than gathered."""
    ordered = [driver for driver in drivers if driver.is_ordered] if is_by_key else []
    if len(drivers) == 1 and ordered:
        return ordered[0], True
    for bound in (FEW, SOME):
        counts = _counts(connection, drivers, bound)
        fewest = min(counts, default=bound)
        if fewest < bound:
            driver = drivers[counts.index(fewest)]
            return driver, driver in ordered
        if len(drivers) == 1:
            break
    return (ordered[0], True) if ordered else (None, False)


def _counts(connection: Connection, drivers: Sequence[Driver], at_most: int) -> Sequence[int]:
    counted = [driver for driver in drivers if not driver.is_estimated]
    counts: list[int] = []
    if counted:
        statement = select(*(driver.counted(at_most).scalar_subquery() for driver in counted))
        counts = list(connection.execute(statement).one())
    return [min(_estimate(connection, driver), at_most) if driver.is_estimated else counts.pop(0) for driver in drivers]


def _estimate(connection: Connection, driver: Driver) -> int:
    """What PostgreSQL's planner expects."""
    [(plan,)] = connection.execute(explain(driver.ids)).all()
    return int(plan[0]["Plan"]["Plan Rows"])
