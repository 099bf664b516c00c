"""Which way searches go: never through all versions, tags or metrics."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from benchmarks.search.filling import fill
from benchmarks.search.queries import shapes
from benchmarks.search.registry import LargeRegistry, Size
from modelyard.application.queries.exploring import count_facets
from modelyard.application.queries.listing import list_versions
from modelyard.application.queries.page import PageRequest
from modelyard.infrastructure.clock import SystemClock
from modelyard.infrastructure.database.engines import create_database_engine
from modelyard.infrastructure.database.postgresql import SCANNING
from modelyard.infrastructure.database.postgresql_engine import create_postgresql_engine
from modelyard.infrastructure.database.transaction import SqlTransaction
from tests.postgresql_server import Databases

LARGE = LargeRegistry(Size(1_500))
SHAPES = {shape.what: shape for shape in shapes(LARGE, seed=1)}
BIG = "versions|version_tags|version_values|latest_metrics|metric_points|models"


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    path: Path = tmp_path_factory.mktemp("large") / "registry.db"
    fill(f"sqlite:///{path}", LARGE)
    with create_database_engine(f"sqlite:///{path}").connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def on_postgresql(postgresql: Databases) -> Iterator[Connection]:
    with postgresql.database() as url:
        fill(url, LARGE)
        engine = create_postgresql_engine(url, session=SCANNING)
        with engine.connect() as connection:
            yield connection
        engine.dispose()


def plans(connection: Connection, what: str) -> list[str]:
    """The plan of each statement of a search, as the database tells it."""
    shape = SHAPES[what]
    told: list[str] = []
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "

    def tell(_: object, cursor: object, statement: str, parameters: object, *__: object) -> None:
        if statement.startswith("SELECT") and "set_config" not in statement:
            driver = connection.connection.driver_connection
            rows = driver.execute(explain + statement, parameters).fetchall()  # type: ignore[union-attr]
            told.append("\n".join(str(row[-1]) for row in rows))

    event.listen(connection, "before_cursor_execute", tell)
    try:
        tx = SqlTransaction(connection, SystemClock())
        if shape.is_facets:
            count_facets(tx, shape.q, None)
        else:
            list_versions(tx, shape.model, PageRequest(q=shape.q, sort=shape.sort, cursor=shape.cursor))
    finally:
        event.remove(connection, "before_cursor_execute", tell)
        connection.rollback()
    assert told
    return told


@pytest.mark.parametrize("what", SHAPES)
def test_sqlite_scans_no_large_table(sqlite: Connection, what: str) -> None:
    for plan in plans(sqlite, what):
        assert not re.search(rf"(?m)^\s*SCAN ({BIG})\b(?! USING (COVERING )?INDEX)", plan), plan


@pytest.mark.parametrize("what", SHAPES)
def test_postgresql_scans_no_large_table(on_postgresql: Connection, what: str) -> None:
    for plan in plans(on_postgresql, what):
        assert not re.search(rf"Seq Scan on ({BIG})\b", plan), plan


def test_the_checks_see_a_scan(sqlite: Connection, on_postgresql: Connection) -> None:
    statement = "SELECT count(*) FROM versions WHERE card LIKE '%x%'"
    assert "SCAN versions" in str(sqlite.execute(text(f"EXPLAIN QUERY PLAN {statement}")).all())
    assert "Seq Scan on versions" in str(on_postgresql.execute(text(f"EXPLAIN {statement}")).all())
