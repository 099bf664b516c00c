"""Point reads of one statement from PostgreSQL, on the event loop and without a thread."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import CodeType
from typing import Any, Generic, NoReturn, TypeVar, cast

from psycopg.adapt import Transformer
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import Connection, Dialect

from modelyard.infrastructure.database.postgresql_wire import Exchange, Wire
from modelyard.infrastructure.database.snapshots import looked_for
from modelyard.infrastructure.database.transaction import SqlTransaction

R = TypeVar("R")

Rows = Sequence[tuple[Any, ...]]

_WIRES = 2
"""One server process answers about 10,000 point reads a second, more than one of ours asks for; two share a burst."""

_OF_THE_DATA = b"22"
"""The class of errors that say: this parameter is not one (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


class LoopReads:
    """Runs a query until it asks its first statement, sends that without waiting, and runs it again with the answer.

    That is for queries with one prepared statement, which are the most frequent ones: handing such a query to a thread
    costs as much as the query. Whatever else it does, or the database, there is no answer here and `read` says so:
    another way has to be taken, with all that belongs to it (attempts, errors, limits).
    """

    def __init__(self, url: str, session: Mapping[str, str], dialect: Dialect) -> None:
        self._exchanges = [Exchange(url, session) for _ in range(_WIRES)]
        self._dialect = dialect
        self._elsewhere: set[CodeType] = set()
        self._statements: dict[str, _Statement] = {}

    async def read(self, query: Callable[[SqlTransaction], R], key: CodeType | None) -> "Answered[R] | None":
        """What the query returns, or None where it has to be run another way.

        Args:
            query: It may raise what the registry's functions raise; that is its answer too.
            key: Which function it is, if that is known; one that has shown to ask otherwise is not run here again.
        """
        if key is not None and key in self._elsewhere:
            return None
        try:
            return Answered(query(_transaction(_Script(self._dialect, None))))
        except _Asked as asked:
            statement, parameters = asked.statement, asked.parameters
        except Elsewhere:
            if key is not None:
                self._elsewhere.add(key)
            return None
        rows = await self._rows(statement, parameters)
        if rows is None:
            return None
        try:
            return Answered(query(_transaction(_Script(self._dialect, rows))))
        except Elsewhere:
            return None

    async def close(self) -> None:
        """Disconnect. Idempotent."""
        for exchange in self._exchanges:
            await exchange.close()

    async def _rows(self, text: str, parameters: Mapping[str, object]) -> Rows | None:
        wires = [wire for exchange in self._exchanges if (wire := exchange.wire()) is not None]
        if not wires:
            return None
        statement = self._statements.get(text)
        if statement is None:
            statement = self._statements[text] = _Statement(text)
        bound = statement.bound(parameters)
        if bound is None:
            return None
        wire = min(wires, key=_load_of)
        waiting: asyncio.Future[PGresult | None] = asyncio.get_running_loop().create_future()
        wire.ask(statement.text, bound, lambda answer: None if waiting.done() else waiting.set_result(answer))
        return _rows_of(wire, await waiting)


class Answered(Generic[R]):
    """What a query returned, which may be None."""

    __slots__ = ("result",)

    def __init__(self, result: R) -> None:
        self.result = result


class Elsewhere(Exception):
    """A query does what cannot be done on the event loop."""


class _Asked(Exception):
    """A query has come to its first statement."""

    def __init__(self, statement: str, parameters: Mapping[str, object]) -> None:
        super().__init__(statement)
        self.statement = statement
        self.parameters = parameters


class _Script:
    """Stands for a connection, SQLAlchemy's and the driver's, and knows the rows of the first statement, or asks."""

    def __init__(self, dialect: Dialect, rows: Rows | None) -> None:
        self.dialect = dialect
        self._rows = rows
        self._is_read = False

    @property
    def connection(self) -> "_Script":
        return self

    @property
    def driver_connection(self) -> "_Script":
        return self

    def execute(self, statement: object, parameters: Mapping[str, object] | None = None) -> "_Script":
        if not isinstance(statement, str) or self._is_read:
            raise Elsewhere
        if self._rows is None:
            raise _Asked(statement, parameters or {})
        self._is_read = True
        return self

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows[0] if self._rows else None

    def fetchall(self) -> Rows:
        return self._rows or ()

    def close(self) -> None:
        """As a cursor is closed."""

    def now(self) -> datetime:
        """As a clock, which is the database's."""
        raise Elsewhere

    def __getattr__(self, name: str) -> NoReturn:
        raise Elsewhere


def _transaction(script: _Script) -> SqlTransaction:
    return SqlTransaction(cast("Connection", script), script)


class _Statement:
    """A statement with named parameters, as the server's protocol numbers them."""

    def __init__(self, text: str) -> None:
        places = _Places()
        self.text = (text % places).encode()
        self._names = list(places)

    def bound(self, parameters: Mapping[str, object]) -> list[bytes | None] | None:
        """Parameters as text; None where one is neither text nor a whole number, or no Unicode."""
        try:
            return [_text_of(parameters[name]) for name in self._names]
        except (TypeError, UnicodeEncodeError):
            return None


class _Places(dict[str, str]):
    """Gives each name the next number when it is first asked for."""

    def __missing__(self, name: str) -> str:
        self[name] = place = f"${len(self) + 1}"
        return place


def _text_of(value: object) -> bytes | None:
    if value is None:
        return None
    if type(value) is str:
        return looked_for(value).encode()
    if type(value) is int:
        return b"%d" % value
    raise TypeError(type(value))


def _load_of(wire: Wire) -> int:
    return wire.load


def _rows_of(wire: Wire, answer: PGresult | None) -> Rows | None:
    """Rows as psycopg gives them. What an error means is told elsewhere; most are of the wire, which then ends."""
    if answer is None:
        return None
    if answer.status != ExecStatus.TUPLES_OK:
        if not (answer.error_field(DiagnosticField.SQLSTATE) or b"").startswith(_OF_THE_DATA):
            wire.hang_up()
        return None
    transformer = Transformer(wire.connection)
    transformer.set_pgresult(answer)
    return transformer.load_rows(0, answer.ntuples, tuple)
