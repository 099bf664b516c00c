"""Bringing a database's schema up to date: one history for every database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database.engines import create_database_engine, driver_of
from modelyard.infrastructure.database.locks import hold

HEAD = "0016"
"""The newest migration. Held here, so that a server whose schema is up to date starts without Alembic."""

FILLING = "filling"
"""Stands in place of a migration while a restore or a copy fills the database: nobody serves or migrates it then."""

_PATIENCE_SECONDS = 60
_POSTGRESQL_SESSION = {
    "lock_timeout": f"{_PATIENCE_SECONDS}s",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
"""A step takes as long as it takes; but it must not wait behind a forgotten transaction, and all others behind it."""


def head() -> str:
    """The migration that this release needs."""
    return HEAD


def current(database_url: str) -> str | None:
    """The migration that the database is at, or `None` for an empty one."""
    with connected(database_url) as connection:
        return revision_of(connection)


def require_current(connection: Connection) -> None:
    """Refuse a database that is not at the schema of this release, and change nothing.

    Raises:
        DatabaseUnavailable: it is older, newer or empty; the hint names the command that helps.
    """
    if connection.dialect.name == "postgresql":
        from modelyard.infrastructure.database.postgresql_engine import require_fitting  # noqa: PLC0415 - as below

        require_fitting(connection)
    revision = revision_of(connection)
    require_known(revision)
    if revision != HEAD:
        raise DatabaseUnavailable(
            f"the database is {f'at {revision}' if revision else 'empty'}; this release needs {HEAD}",
            hint="Make a backup, then run: modelyard db upgrade",
        )


def require_head(database_url: str) -> None:
    """As `require_current`, on a connection of its own."""
    with connected(database_url) as connection:
        require_current(connection)


def upgrade(database_url: str, target: str = HEAD) -> None:
    """Bring the schema to `target`, wholly or not at all; nothing is done where nothing is due.

    Raises:
        DatabaseUnavailable: the database was written by a newer release.
    """
    with connected(database_url) as connection:
        revision = revision_of(connection)
        if revision == target:
            return
        require_known(revision)
        with changing(connection):
            step(connection, "upgrade", target)


def downgrade(database_url: str, target: str) -> None:
    """Take migrations back, down to `target` (`base` for an empty database). What they added is lost."""
    with connected(database_url) as connection, changing(connection):
        step(connection, "downgrade", target)


def configuration(connection: Connection) -> Any:  # noqa: ANN401 - a `Config`, whose type is imported late
    """Alembic's configuration for a connection; Alembic itself is imported only where a migration is due."""
    from alembic.config import Config  # noqa: PLC0415 - it takes as long to import as the server takes to start

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def connected(database_url: str) -> Iterator[Connection]:
    """A connection to change the schema on; nothing bounds the time of its statements.

    Who starts beside others waits for the one that migrates, which takes longer than a change.
    """
    if database_url.startswith("sqlite:"):
        with create_database_engine(database_url, busy_timeout_ms=1000 * _PATIENCE_SECONDS).connect() as connection:
            yield connection
        return
    # The driver is needed only where an address asks for it.
    from modelyard.infrastructure.database.postgresql_engine import (  # noqa: PLC0415
        create_postgresql_engine,
        require_fitting,
    )

    engine = create_postgresql_engine(database_url, session=_POSTGRESQL_SESSION)
    try:
        with engine.connect() as connection:
            require_fitting(connection)
            yield connection
    finally:
        engine.dispose()


@contextmanager
def changing(connection: Connection) -> Iterator[None]:
    """One transaction for all that the block does, schema and rows; who comes second waits, and sees what was done."""
    if not connection.in_transaction():
        connection.begin()  # Alembic commits after each step unless it finds a transaction begun
    transaction = _sqlite_transaction if connection.dialect.name == "sqlite" else _postgresql_transaction
    with transaction(connection):
        yield


def step(connection: Connection, direction: str, target: str) -> None:
    """Migrate within `changing`; `direction` is `upgrade` or `downgrade`."""
    from alembic import command  # noqa: PLC0415 - as above

    getattr(command, direction)(configuration(connection), target)


@contextmanager
def _sqlite_transaction(connection: Connection) -> Iterator[None]:
    """Foreign keys are held against all rows at the end, and not on the way.

    Where a step rebuilds a table, dropping the old one would delete every row that refers to it.
    """
    driver = driver_of(connection)
    driver.execute("PRAGMA foreign_keys = OFF")
    driver.execute("BEGIN IMMEDIATE")
    try:
        yield
        if driver.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise DatabaseUnavailable("a migration would leave rows that refer to nothing")
        driver.execute("COMMIT")
    finally:
        if driver.in_transaction:
            driver.execute("ROLLBACK")


@contextmanager
def _postgresql_transaction(connection: Connection) -> Iterator[None]:
    """Under a lock by name, since several hosts may run the command at once."""
    connection.exec_driver_sql("BEGIN")
    try:
        hold(connection, "migration")
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


def require_known(revision: str | None) -> None:
    """Let pass what this release can serve or migrate.

    Raises:
        DatabaseUnavailable: the database was written by a newer release, or is being filled.
    """
    if revision == FILLING:
        raise DatabaseUnavailable(
            "a restore or a copy into this database has not ended",
            hint="Run the same command again: it goes on where it stopped.",
        )
    if revision is not None and revision > HEAD:
        raise DatabaseUnavailable(
            f"the database is at {revision}, newer than this release, which knows {HEAD}",
            hint="Start the newer release again, or restore a backup made by this one.",
        )


def revision_of(connection: Connection) -> str | None:
    """The migration that a database is at, or `None` for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision
