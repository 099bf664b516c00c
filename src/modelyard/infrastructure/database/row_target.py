"""Filling a database with the rows of another one: in one transaction, under a mark that keeps everybody else out."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pysqlite3.dbapi2 as sqlite_driver
from sqlalchemy import Connection, Table, func, insert, inspect, select, text

from modelyard.application.ports.rows import Row, RowSnapshot, TableSum
from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database import migrate, text_index
from modelyard.infrastructure.database.failures import failures_told
from modelyard.infrastructure.database.row_snapshot import RowSum, SqlRows, SqlRowSource, sequence_of, sums_of
from modelyard.infrastructure.database.tables import metadata

_NOT_EMPTY_HINT = "Name an empty database (a new folder, or a new database on PostgreSQL), or drop what this one holds."


class SqlRowTarget:
    """`RowTarget` on either database.

    The mark stands where the migration of a database stands, so whoever opens the database finds it.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def filled_with(self, snapshot: RowSnapshot) -> Mapping[str, TableSum] | None:
        """All rows of both are read, but only where there are any; older ones are migrated beside it first."""
        with failures_told(self._url), migrate.connected(self._url) as connection:
            if migrate.revision_of(connection) != migrate.HEAD or not _has_rows(connection):
                return None
        with SqlRowSource(self._url).snapshot() as held:
            sums = sums_of(held)
        with _migrated(snapshot) as expected:
            return sums if sums == sums_of(expected) else None

    def claim(self) -> None:
        """A schema without a row, as `modelyard db upgrade` leaves it, is empty too; it goes."""
        with failures_told(self._url), migrate.connected(self._url) as connection:
            revision = migrate.revision_of(connection)
            if revision == migrate.FILLING:
                return
            migrate.require_known(revision)
            with migrate.changing(connection):
                _hold_all(connection)
                if _has_rows(connection):
                    raise DatabaseUnavailable("there is another registry in the database already", hint=_NOT_EMPTY_HINT)
                if revision is not None:
                    migrate.step(connection, "downgrade", "base")
                    connection.execute(text("DROP TABLE alembic_version"))
                connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
                connection.execute(text(f"INSERT INTO alembic_version VALUES ('{migrate.FILLING}')"))  # noqa: S608

    def fill(self, snapshot: RowSnapshot) -> Mapping[str, TableSum]:
        """The mark goes in the same transaction. References are held against all rows at its end, at the latest."""
        with failures_told(self._url), migrate.connected(self._url) as connection, migrate.changing(connection):
            if migrate.revision_of(connection) != migrate.FILLING:
                raise DatabaseUnavailable("the database was filled by somebody else meanwhile", hint=_NOT_EMPTY_HINT)
            connection.execute(text("DROP TABLE alembic_version"))
            migrate.step(connection, "upgrade", snapshot.revision)
            rows = SqlRows(connection, snapshot.revision)
            sent = {name: _bring(connection, rows.shapes[name], name, snapshot) for name in snapshot.tables()}
            _go_on_numbering(connection, rows, snapshot.last_used())
            if (found := sums_of(rows)) != sent:
                different = ", ".join(sorted(name for name in sent if found.get(name) != sent[name]))
                raise DatabaseUnavailable(f"what was written was not what was read back: {different}")
            if snapshot.revision != migrate.HEAD:
                migrate.step(connection, "upgrade", migrate.HEAD)
            text_index.fill(connection)
            return sent


@contextmanager
def _migrated(snapshot: RowSnapshot) -> Iterator[RowSnapshot]:
    """The same rows as `fill` leaves them: those of an older revision go through a file that lasts no longer."""
    if snapshot.revision == migrate.HEAD:
        yield snapshot
        return
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/registry.db"
        target = SqlRowTarget(url)
        target.claim()
        target.fill(snapshot)
        with SqlRowSource(url).snapshot() as migrated:
            yield migrated


def make_portable(url: str) -> None:
    """Let an SQLite file be all there is: without a write-ahead log beside it, whoever reads it needs to write nothing.

    Durable when it returns, but for the file's name.
    """
    with failures_told(url):
        connection = sqlite_driver.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA journal_mode = DELETE")
        finally:
            connection.close()


def _bring(connection: Connection, shape: Table, name: str, snapshot: RowSnapshot) -> TableSum:
    total = RowSum()
    columns = snapshot.tables()[name]
    statement = insert(shape)
    for batch in snapshot.rows(name):
        total.add(batch)
        connection.execute(statement, _named(columns, batch))
    return total.result()


def _named(columns: Sequence[str], batch: Sequence[Row]) -> list[dict[str, object]]:
    return [dict(zip(columns, row, strict=True)) for row in batch]


def _go_on_numbering(connection: Connection, rows: SqlRows, last_used: Mapping[str, int]) -> None:
    """Number what comes next beyond every key that was ever given."""
    for name, shape in rows.shapes.items():
        sequence = sequence_of(connection, shape)
        if sequence is None:
            continue
        [key] = shape.primary_key
        highest = connection.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
        last = max(highest, last_used.get(name, 0))
        if not last:
            continue
        if connection.dialect.name == "sqlite":
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
            values = {"name": name, "last": last}
            connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values)
        else:
            connection.execute(select(func.setval(sequence, last)))


def _ours(connection: Connection) -> list[str]:
    there = set(inspect(connection).get_table_names())
    return [name for name in metadata.tables if name in there]


def _hold_all(connection: Connection) -> None:
    """Let nobody write between the look and the end; SQLite's transaction does by itself."""
    names = _ours(connection)
    if names and connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"))


def _has_rows(connection: Connection) -> bool:
    return any(
        connection.execute(select(metadata.tables[name].primary_key.columns[0]).limit(1)).first() is not None
        for name in _ours(connection)
    )
