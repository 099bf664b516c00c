"""Connections to databases."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, cast

import pysqlite3.dbapi2 as driver
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import NullPool

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.domain.query.letter_case import folded
from modelyard.infrastructure.database.vocabulary import words_of

OLDEST_SAFE = (3, 51, 3)
"""Older releases of SQLite can corrupt a database in WAL mode (3.7.0 to 3.51.2, https://sqlite.org/wal.html)."""

BUSY_TIMEOUT_MS = 5_000
"""How long a statement waits for another process's lock before it fails."""

_BUSY = 5
"""SQLITE_BUSY, https://www.sqlite.org/rescode.html"""

_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -32768",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 67108864",
)


class DriverConnection(Protocol):
    """What is used of the driver's own connection: transactions are begun and ended on it by hand."""

    isolation_level: str | None

    @property
    def in_transaction(self) -> bool:
        """False also after the database gave up a transaction by itself."""

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> driver.Cursor:
        """Run one statement."""

    def executemany(self, statement: str, parameters: Iterable[Sequence[object]]) -> driver.Cursor:
        """Run one statement for each of many parameters."""

    def set_progress_handler(self, handler: Callable[[], bool] | None, n: int) -> None:
        """Ask every so many steps of a statement whether to end it."""

    def create_function(self, name: str, narg: int, func: object, *, deterministic: bool) -> None:
        """Let statements call a Python function."""


def create_database_engine(url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> Engine:
    """An engine for a SQLite address. Its connections commit each statement unless a transaction is begun by hand.

    WAL with `synchronous = FULL`: an acknowledged commit survives a power cut. Never `mmap_size`: an I/O error would
    kill the process.

    Raises:
        DatabaseUnavailable: the address names no SQLite file, or this SQLite is one that can corrupt it. Connecting
            raises it where the file cannot be in WAL mode, as in memory and on some network file systems.
    """
    if not url.startswith("sqlite:///"):
        raise DatabaseUnavailable(f"{url.partition(':')[0]!r} is no database that this release serves")
    if driver.sqlite_version_info < OLDEST_SAFE:
        raise DatabaseUnavailable(f"SQLite {driver.sqlite_version} can corrupt a database in WAL mode")
    engine = create_engine(
        url,
        module=driver,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "cached_statements": 512, "timeout": busy_timeout_ms / 1000},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def driver_of(connection: Connection) -> DriverConnection:
    """The driver's connection beneath SQLAlchemy's."""
    return cast("DriverConnection", connection.connection.driver_connection)


def is_busy(error: Exception) -> bool:
    """Whether another connection holds the lock that a statement needs (SQLITE_BUSY, in any of its kinds)."""
    return isinstance(error, driver.OperationalError) and getattr(error, "sqlite_errorcode", 0) & 0xFF == _BUSY


def _prepare(connection: DBAPIConnection, _: object) -> None:
    prepared = cast("DriverConnection", connection)
    prepared.isolation_level = None
    if prepared.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        connection.close()
        raise DatabaseUnavailable("the database cannot keep a write-ahead log where it is; put it on a local disk")
    for pragma in _PRAGMAS:
        prepared.execute(pragma)
    prepared.create_function("modelyard_folded", 1, _folded, deterministic=True)
    prepared.create_function("modelyard_words", 1, _words, deterministic=True)


def _folded(text: str | None) -> str | None:
    """SQLite asks for it of every row that it comes to, also of one that another condition leaves out."""
    return None if text is None else folded(text)


def _words(text: str) -> str:
    """The words of a text as an index of words is given them."""
    return " ".join(words_of(folded(text)))
