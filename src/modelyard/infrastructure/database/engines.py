"""Connections to databases."""

from typing import Any

import pysqlite3.dbapi2 as driver
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool

from modelyard.domain.errors import DatabaseUnavailable

OLDEST_SAFE = (3, 51, 3)
"""Older releases of SQLite can corrupt a database in WAL mode (3.7.0 to 3.51.2, https://sqlite.org/wal.html)."""

BUSY_TIMEOUT_MS = 5_000

_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -32768",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 67108864",
)


def create_database_engine(url: str) -> Engine:
    """An engine for a SQLite address. Its connections commit each statement unless a transaction is begun by hand.

    WAL with `synchronous = FULL`: an acknowledged commit survives a power cut. Never `mmap_size`: an I/O error would
    kill the process.

    Raises:
        DatabaseUnavailable: the address names no SQLite file, or this SQLite is one that can corrupt it.
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
        connect_args={"check_same_thread": False, "cached_statements": 512},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)
