"""Statements of the hottest paths, compiled once and run on the driver itself.

SQLAlchemy's own execution is several times the cost of a small statement. Reading a version and registering one run so
many statements a second that it shows; all other statements take the ordinary way.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from modelyard.infrastructure.database.engines import driver_of

Parameters = Mapping[str, Any]
Record = tuple[Any, ...]


class Prepared:
    """One statement, written with SQLAlchemy and compiled for each dialect when it is first run.

    Rows come as the driver gives them, as tuples; values are not converted, so it is for text, numbers and bytes. An
    `insert` needs to know its `columns`. It cannot hold a list of unknown length (`in_` with expanding parameters).
    """

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, tuple[str, list[str], dict[str, Any]]] = {}

    def first(self, connection: Connection, parameters: Parameters) -> Record | None:
        """The first row, or `None`."""
        text, order, constants = self._for(connection)
        values = {**constants, **parameters}
        cursor = driver_of(connection).execute(text, [values[name] for name in order])
        row: Record | None = cursor.fetchone()
        cursor.close()
        return row

    def one(self, connection: Connection, parameters: Parameters) -> Record:
        """The row of a statement that always gives one.

        Raises:
            LookupError: it gave none; a fault in the statement.
        """
        row = self.first(connection, parameters)
        if row is None:
            raise LookupError("a statement that always gives a row gave none")
        return row

    def many(self, connection: Connection, rows: Sequence[Parameters]) -> None:
        """Run it once for each of the rows, at least one."""
        text, order, constants = self._for(connection)
        driver_of(connection).executemany(text, [[{**constants, **row}[name] for name in order] for row in rows])

    def _for(self, connection: Connection) -> tuple[str, list[str], dict[str, Any]]:
        name = connection.dialect.name
        if name not in self._compiled:
            compiled = self._statement.compile(dialect=connection.dialect, column_keys=self._columns)
            assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what a statement compiles to
            constants = {key: value for key, value in compiled.params.items() if value is not None}
            self._compiled[name] = (compiled.string, list(compiled.positiontup or ()), constants)
        return self._compiled[name]
