"""Bringing the rows of a large registry into a database, past the API: a million registrations would take an hour."""

import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from benchmarks.search.registry import LargeRegistry, Row
from modelyard.infrastructure.database import migrate, text_index
from modelyard.infrastructure.database.engines import create_database_engine, driver_of
from modelyard.infrastructure.database.postgresql_engine import create_postgresql_engine, psycopg_of
from modelyard.infrastructure.database.tables import metadata

_BATCH: Final = 20_000
_METRIC_COLUMNS: Final = "version_id, slice, name, dataset, step, value, recorded_at_ms"
_TABLES: Final[dict[str, str]] = {
    "models": "",
    "model_tags": "",
    "versions": "",
    "version_tags": "",
    "version_values": "",
    "latest_metrics": _METRIC_COLUMNS,
    "metric_points": _METRIC_COLUMNS,
}


def fill(url: str, registry: LargeRegistry) -> None:
    """Make a database with the whole schema, and fill it."""
    migrate.upgrade(url)
    if url.startswith("sqlite:"):
        _fill_sqlite(url, registry)
    else:
        _fill_postgresql(url, registry)


def _rows(registry: LargeRegistry) -> Iterator[tuple[str, str, Iterator[Row]]]:
    for table, columns in _TABLES.items():
        is_metrics = table in {"latest_metrics", "metric_points"}
        source: Callable[[], Iterator[Row]] = registry.metrics if is_metrics else getattr(registry, table)
        yield table, columns or ", ".join(metadata.tables[table].columns.keys()), source()


def _fill_sqlite(url: str, registry: LargeRegistry) -> None:
    """Without waiting for the disk; nobody else looks on."""
    with create_database_engine(url).connect() as connection:
        driver = driver_of(connection)
        driver.execute("PRAGMA synchronous = OFF")
        driver.execute("PRAGMA cache_size = -1000000")
        for table, columns, rows in _rows(registry):
            marks = ", ".join("?" * len(columns.split(",")))
            while batch := list(islice(rows, _BATCH)):
                driver.execute("BEGIN")
                driver.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", batch)  # noqa: S608
                driver.execute("COMMIT")
        driver.execute("BEGIN")
        text_index.fill(connection)
        driver.execute("COMMIT")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _fill_postgresql(url: str, registry: LargeRegistry) -> None:
    """By COPY; statistics afterwards, as autovacuum would gather them."""
    engine = create_postgresql_engine(url)
    with engine.connect() as connection:
        driver = psycopg_of(connection)
        for table, columns, rows in _rows(registry):
            with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                while batch := list(islice(rows, _BATCH)):
                    copy.write(_text_of(batch))
        driver.execute("DROP INDEX ix_version_texts_words")
        text_index.fill(connection)
        driver.execute(
            "CREATE INDEX ix_version_texts_words ON version_texts USING gin"
            " (words, (ARRAY[rowid / 1024, -1 - rowid / 65536])) WITH (gin_pending_list_limit = 256)"
        )
        connection.commit()
    with engine.connect() as connection:
        driver = psycopg_of(connection)
        driver.rollback()
        driver.autocommit = True
        driver.execute("VACUUM ANALYZE")
    engine.dispose()


def _text_of(batch: list[Row]) -> str:
    text = io.StringIO()
    for row in batch:
        text.write("\t".join("\\N" if value is None else str(value) for value in row))
        text.write("\n")
    return text.getvalue()
