"""Statements of the hottest paths, compiled once and run on the driver itself.

SQLAlchemy's own execution is several times the cost of a small statement. Reading a version and registering one run so
many statements a second that it shows; all other statements take the ordinary way.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, cast

from sqlalchemy import Connection
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

Parameters = Mapping[str, Any]
Record = tuple[Any, ...]


class _Cursor(Protocol):
    @property
    def rowcount(self) -> int: ...

    def executemany(self, statement: str, parameters: Sequence[Any], /) -> object: ...

    def fetchone(self) -> Record | None: ...

    def fetchall(self) -> Sequence[Record]: ...

    def close(self) -> None: ...


class _Driver(Protocol):
    def execute(self, statement: str, parameters: Any, /) -> _Cursor: ...  # noqa: ANN401 - by place or by name

    def cursor(self) -> _Cursor: ...


class _Compiled(NamedTuple):
    """`order` picks the parameters for a driver that counts them; one that names them takes them as they are."""

    text: str
    order: Callable[[Parameters], Sequence[Any]] | None
    constants: Parameters

    def bound(self, parameters: Parameters) -> Sequence[Any] | Parameters:
        values = {**self.constants, **parameters} if self.constants else parameters
        return values if self.order is None else self.order(values)


def _in_order(names: Sequence[str]) -> Callable[[Parameters], Sequence[Any]]:
    """Picks several values in C; of one, `itemgetter` makes no tuple."""
    return itemgetter(*names) if len(names) > 1 else lambda values: [values[name] for name in names]


class Prepared:
    """One statement, written with SQLAlchemy and compiled for each dialect when it is first run.

    Rows come as the driver gives them, as tuples; values are not converted, so it is for text, numbers and bytes. An
    `insert` needs to know its `columns`. It cannot hold a list of unknown length (`in_` with expanding parameters).
    """

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}

    def first(self, connection: Connection, parameters: Parameters) -> Record | None:
        """The first row, or `None`."""
        compiled = self._for(connection)
        cursor = _driver_of(connection).execute(compiled.text, compiled.bound(parameters))
        row = cursor.fetchone()
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

    def all(self, connection: Connection, parameters: Parameters) -> Sequence[Record]:
        """All rows."""
        compiled = self._for(connection)
        cursor = _driver_of(connection).execute(compiled.text, compiled.bound(parameters))
        rows = cursor.fetchall()
        cursor.close()
        return rows

    def many(self, connection: Connection, rows: Sequence[Parameters]) -> int:
        """Run it once for each of the rows, at least one. Returns how many rows of the table were touched."""
        compiled = self._for(connection)
        cursor = _driver_of(connection).cursor()
        cursor.executemany(compiled.text, [compiled.bound(row) for row in rows])
        touched = cursor.rowcount
        cursor.close()
        return touched

    def _for(self, connection: Connection) -> _Compiled:
        name = connection.dialect.name
        if name not in self._compiled:
            compiled = self._statement.compile(dialect=connection.dialect, column_keys=self._columns)
            assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what a statement compiles to
            constants = {key: value for key, value in compiled.params.items() if value is not None}
            order = _in_order(compiled.positiontup or ()) if compiled.positional else None
            self._compiled[name] = _Compiled(compiled.string, order, constants)
        return self._compiled[name]


def _driver_of(connection: Connection) -> _Driver:
    """What both drivers have in common."""
    return cast("_Driver", connection.connection.driver_connection)
