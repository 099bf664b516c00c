"""Connections to PostgreSQL: how each is opened, and what bounds the time that it may take."""

import socket
from collections.abc import Mapping
from typing import cast

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import QueuePool

from modelyard.domain.errors import DatabaseUnavailable

Driver = psycopg.Connection[TupleRow]

OLDEST = 15
"""What is tested. ICU's collations, and `NULLS` as indexes take them, are older."""

CONNECT_TIMEOUT_SECONDS = 5
PREPARED_STATEMENTS = 400
"""Statements that a connection keeps prepared; there are about a hundred, each with parameters of several widths."""

_REACHABLE: Mapping[str, str | int] = {
    "connect_timeout": CONNECT_TIMEOUT_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "modelyard",
}
"""A server that vanished is noticed in about 10 seconds; the address may say otherwise."""


def parameters_of(url: str) -> dict[str, str | int]:
    """What the driver needs to connect, from an address `postgresql://…` as libpq reads it.

    Raises:
        DatabaseUnavailable: it cannot be read. Nothing of it is told, since it may hold a password.
    """
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error:
        raise DatabaseUnavailable(
            "the address of the database cannot be read",
            hint="Write postgresql://user:password@host:5432/database, with special characters percent-encoded.",
        ) from None
    return {**_REACHABLE, **cast("dict[str, str | int]", given), "client_encoding": "utf8"}


def _with_session(url: str, session: Mapping[str, str] | None) -> dict[str, str | int]:
    """Parameters to connect by, with those of the server; those in the address win."""
    parameters = parameters_of(url)
    ours = " ".join(f"-c {name}={value}" for name, value in (session or {}).items())
    parameters["options"] = f"{ours} {parameters.get('options', '')}".strip()
    return parameters


def connect(url: str, session: Mapping[str, str] | None = None, kind: type[Driver] = psycopg.Connection) -> Driver:
    """A connection that commits each statement unless a transaction is begun by hand.

    Args:
        url: Its address.
        session: Parameters of the server that hold throughout; those in the address win.
        kind: What it is to be.

    Raises:
        DatabaseUnavailable: the address cannot be read.
        psycopg.Error: it cannot be reached.
    """
    parameters = _with_session(url, session)
    connection = kind.connect(**parameters, autocommit=True)  # type: ignore[arg-type]  # as libpq takes them
    connection.prepared_max = PREPARED_STATEMENTS
    return connection


async def connect_on_loop(url: str, session: Mapping[str, str] | None = None) -> psycopg.AsyncConnection[TupleRow]:
    """As `connect`, for who waits on the event loop."""
    parameters = _with_session(url, session)
    return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)  # type: ignore[arg-type]


def create_postgresql_engine(
    url: str,
    *,
    size: int = 1,
    session: Mapping[str, str] | None = None,
    kind: type[Driver] = psycopg.Connection,
) -> Engine:
    """An engine whose pool keeps up to `size` connections, opened when they are first needed."""
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(url, session, kind),
        isolation_level="AUTOCOMMIT",
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT_SECONDS,
        pool_reset_on_return=None,  # who takes a connection ends what was begun on it
        use_native_hstore=False,  # would ask each new database for a type that is not used
        query_cache_size=1_000,
    )


def hang_up(descriptor: int) -> None:
    """Shut the socket beneath a connection; who waits for an answer on it sees its end."""
    with socket.socket(fileno=socket.dup(descriptor)) as line:
        line.shutdown(socket.SHUT_RDWR)


def psycopg_of(connection: Connection) -> Driver:
    """The driver's connection beneath SQLAlchemy's."""
    return cast("Driver", connection.connection.driver_connection)


def require_fitting(connection: Connection) -> None:
    """Refuse a server whose text would not be as it is elsewhere.

    Raises:
        DatabaseUnavailable: it is older than the oldest release that is served, or the database is not in UTF-8.
    """
    driver = psycopg_of(connection)
    if driver.info.server_version < OLDEST * 10_000:
        raise DatabaseUnavailable(f"PostgreSQL {OLDEST} or newer is needed")
    if driver.info.parameter_status("server_encoding") != "UTF8":
        raise DatabaseUnavailable("the database is not encoded in UTF-8", hint="Create it with ENCODING 'UTF8'.")
