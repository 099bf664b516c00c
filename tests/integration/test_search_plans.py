"""Which way searches go: never through all versions, tags or metrics."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

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
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.transaction import SqlTransaction
from tests.postgresql_server import Databases

LARGE = LargeRegistry(Size(1_500))
SHAPES = {shape.what: shape for shape in shapes(LARGE, seed=1)}
BIG = "versions|version_tags|version_values|latest_metrics|metric_points|models"
WORDS = "version_texts|model_texts|words|compounds"
"""Tables whose indexes PostgreSQL reads by bitmaps; it must not go through their rows."""


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


def plans(connection: Connection, what: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The plan of each statement of a search, as the database tells it."""
    shape = SHAPES[what]
    told: list[str] = []
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    run = Prepared.all

    def tell(statement: Prepared, on: Connection, parameters: Mapping[str, object]) -> Sequence[tuple[object, ...]]:
        compiled = statement._for(on)
        if "set_config" not in compiled.text:
            driver = on.connection.driver_connection
            rows = driver.execute(explain + compiled.text, compiled.bound(parameters)).fetchall()  # type: ignore[union-attr]
            told.append("\n".join(str(row[-1]) for row in rows))
        return run(statement, on, parameters)

    monkeypatch.setattr(Prepared, "all", tell)
    monkeypatch.setattr(Prepared, "one", lambda *given: tell(*given)[0])
    try:
        tx = SqlTransaction(connection, SystemClock())
        if shape.is_facets:
            count_facets(tx, shape.q, None)
        else:
            list_versions(tx, shape.model, PageRequest(q=shape.q, sort=shape.sort, cursor=shape.cursor))
    finally:
        connection.rollback()
    assert told
    return told


@pytest.mark.parametrize("what", SHAPES)
def test_sqlite_scans_no_large_table(sqlite: Connection, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for plan in plans(sqlite, what, monkeypatch):
        assert not re.search(rf"(?m)^\s*SCAN ({BIG})\b(?! USING (COVERING )?INDEX)", plan), plan


@pytest.mark.parametrize("what", SHAPES)
def test_postgresql_scans_no_large_table(on_postgresql: Connection, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for plan in plans(on_postgresql, what, monkeypatch):
        assert not re.search(rf"Seq Scan on ({BIG}|{WORDS})\b", plan), plan


@pytest.mark.parametrize("what", ["part of a name", "two words"])
def test_postgresql_asks_its_index_of_words_for_some_ranges_of_keys(
    on_postgresql: Connection, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "\n".join(plans(on_postgresql, what, monkeypatch))

    assert re.search(r"Index Cond: \(\(words @@ .* AND \(ARRAY\[.*\] && ", told), told
    assert "Bitmap Index Scan on ix_words_grams" in told


def test_the_checks_see_a_scan(sqlite: Connection, on_postgresql: Connection) -> None:
    statement = "SELECT count(*) FROM versions WHERE card LIKE '%x%'"
    assert "SCAN versions" in str(sqlite.execute(text(f"EXPLAIN QUERY PLAN {statement}")).all())
    assert "Seq Scan on versions" in str(on_postgresql.execute(text(f"EXPLAIN {statement}")).all())
