"""Reading all rows of a database, whatever its kind and the release that wrote it."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pysqlite3.dbapi2 as sqlite_driver
from sqlalchemy import Column, Connection, MetaData, Table, create_engine, func, inspect, select, text
from sqlalchemy.pool import NullPool

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import Blob, BlobState, BlobUse
from modelyard.application.ports.rows import Row, RowSnapshot, TableSum
from modelyard.domain.digest import Digest
from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database import migrate
from modelyard.infrastructure.database.engines import driver_of
from modelyard.infrastructure.database.failures import failures_told
from modelyard.infrastructure.database.tables import metadata, orphans, uploads

_BATCH = 1_000
_STAYING = {orphans.name, uploads.name}
_SNAPSHOT = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"}


class SqlRows:
    """`RowSnapshot` on a connection inside a transaction.

    Tables are those of this release that are there; their columns are asked of the database, which may be older.
    """

    def __init__(self, connection: Connection, revision: str) -> None:
        self.revision = revision
        self._connection = connection
        there = set(inspect(connection).get_table_names())
        names = [table.name for table in metadata.sorted_tables if table.name in there and table.name not in _STAYING]
        self.shapes = {name: _shape_of(connection, name) for name in names}

    def tables(self) -> Mapping[str, Sequence[str]]:
        """In the order of their references."""
        return {name: shape.columns.keys() for name, shape in self.shapes.items()}

    def rows(self, table: str) -> Iterator[Sequence[Row]]:
        """By a cursor of the server on PostgreSQL, so that memory holds one batch."""
        shape = self.shapes[table]
        statement = select(shape).order_by(*shape.primary_key).execution_options(yield_per=_BATCH)
        for batch in self._connection.execute(statement).partitions():
            yield [tuple(row) for row in batch]

    def last_used(self) -> Mapping[str, int]:
        """From `sqlite_sequence`, or from the sequences, which are at least as far on as the snapshot."""
        found = {}
        for name, shape in self.shapes.items():
            sequence = sequence_of(self._connection, shape)
            if sequence is not None:
                asked = _GIVEN[self._connection.dialect.name].format(sequence=sequence)
                found[name] = int(self._connection.execute(text(asked)).scalar() or 0)
        return found

    def kept_blobs(self) -> Iterator[Sequence[Blob]]:
        """From the rows of the table, of which all releases have these columns."""
        columns = self.shapes["blobs"].columns.keys()
        for batch in self.rows("blobs"):
            named = (dict(zip(columns, row, strict=True)) for row in batch)
            yield [_blob_of(row) for row in named if row["state"] != BlobState.DELETING]

    def uses(self, blob_id: int) -> Sequence[BlobUse]:
        """By the index of references."""
        files, versions, models = (self.shapes[name].c for name in ("version_files", "versions", "models"))
        asked = (
            select(models.name, versions.number, files.path)
            .where(files.blob_id == blob_id, versions.id == files.version_id, models.id == versions.model_id)
            .order_by(models.name, versions.number, files.path)
        )
        rows = self._connection.execute(asked)
        return [BlobUse(model=name, version=number, path=path) for name, number, path in rows]

    def last_event(self) -> int:
        """Of those that are visible here."""
        return int(self._connection.execute(select(func.max(self.shapes["events"].c.sequence))).scalar() or 0)


_GIVEN = {
    "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = '{sequence}'",
    "postgresql": "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}",
}


def sequence_of(connection: Connection, shape: Table) -> str | None:
    """What numbers a table; on SQLite it goes by the table's own name. None where keys are given by hand."""
    keys = list(shape.primary_key)
    if len(keys) != 1:
        return None
    if connection.dialect.name == "sqlite":
        is_numbered = text("SELECT 1 FROM sqlite_schema WHERE name = :name AND sql LIKE '%AUTOINCREMENT%'")
        return shape.name if connection.execute(is_numbered, {"name": shape.name}).scalar() else None
    asked = select(func.pg_get_serial_sequence(shape.name, keys[0].name))
    return cast("str | None", connection.execute(asked).scalar())


def sums_of(rows: RowSnapshot) -> dict[str, TableSum]:
    """The sum of each table."""
    sums = {}
    for name in rows.tables():
        total = RowSum()
        for batch in rows.rows(name):
            total.add(batch)
        sums[name] = total.result()
    return sums


class RowSum:
    """Counts and hashes the rows of a table as they pass, by primary key."""

    def __init__(self) -> None:
        self._count = 0
        self._hash = hashlib.sha256()

    def add(self, batch: Sequence[Row]) -> None:
        """`ascii` writes floats so that they come back exactly, and text alike in every release of Python."""
        self._count += len(batch)
        self._hash.update("".join(f"{row!a}\n" for row in batch).encode("ascii"))

    def result(self) -> TableSum:
        """Of what has passed so far."""
        return TableSum(count=self._count, sha256=self._hash.hexdigest())


class SqlRowSource:
    """`RowSource` on a database that is served, by the address that the server has."""

    def __init__(self, url: str) -> None:
        self._url = url

    @contextmanager
    def snapshot(self) -> Iterator[SqlRows]:
        """In one transaction that only reads: of SQLite's write-ahead log, or REPEATABLE READ."""
        with failures_told(self._url), migrate.connected(self._url) as connection, _reading(connection) as rows:
            yield rows


class ArchivedRows:
    """`RowSource` on an SQLite file that nobody writes to: nothing is made beside it, so it may lie anywhere."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def snapshot(self) -> Iterator[SqlRows]:
        """Of the file as it is."""
        engine = create_engine("sqlite://", creator=self._connect, module=sqlite_driver, poolclass=NullPool)
        with failures_told("sqlite:"), engine.connect() as connection, _reading(connection) as rows:
            yield rows

    def _connect(self) -> sqlite_driver.Connection:
        address = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
        return sqlite_driver.connect(address, uri=True, isolation_level=None, check_same_thread=False)


@contextmanager
def _reading(connection: Connection) -> Iterator[SqlRows]:
    revision = migrate.revision_of(connection)
    migrate.require_known(revision)
    if revision is None:
        raise DatabaseUnavailable("there is no registry in the database")
    connection.commit()  # of SQLAlchemy's own count: the transaction is begun by hand
    execute = _execute_of(connection)
    execute(_SNAPSHOT[connection.dialect.name])
    try:
        yield SqlRows(connection, revision)
    finally:
        execute("ROLLBACK")


def _execute_of(connection: Connection) -> Callable[[str], object]:
    return driver_of(connection).execute  # both drivers' connections have it


def _shape_of(connection: Connection, name: str) -> Table:
    """Names and types alone, so that nothing of an older release has to be known."""
    inspector = inspect(connection)
    keys = inspector.get_pk_constraint(name)["constrained_columns"]
    columns = inspector.get_columns(name)
    return Table(
        name,
        MetaData(),
        *(Column(found["name"], found["type"], primary_key=found["name"] in keys) for found in columns),
    )


def _blob_of(row: Mapping[str, object]) -> Blob:
    key = BlobKey(digest=Digest(str(row["digest"])), generation=str(row["generation"]))
    blob_id, size_bytes = cast("int", row["id"]), cast("int", row["size_bytes"])
    return Blob(id=blob_id, key=key, size_bytes=size_bytes, state=BlobState(str(row["state"])))
