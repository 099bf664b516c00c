"""Bringing a database's schema up to date: one history for every database."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database.engines import create_database_engine, driver_of

HEAD = "0006"
"""The newest migration. Held here, so that a server whose schema is up to date starts without Alembic."""


def head() -> str:
    """The migration that this release needs."""
    return HEAD


def current(database_url: str) -> str | None:
    """The migration that the database is at, or `None` for an empty one."""
    engine = create_database_engine(database_url)
    with engine.connect() as connection:
        return _revision_of(connection)


def upgrade(database_url: str, target: str = HEAD) -> None:
    """Bring the schema to `target`, wholly or not at all; nothing is done where nothing is due.

    Raises:
        DatabaseUnavailable: the database was written by a newer release.
    """
    engine = create_database_engine(database_url)
    with engine.connect() as connection:
        revision = _revision_of(connection)
        if revision == target:
            return
        if revision is not None and revision > HEAD:
            raise DatabaseUnavailable(
                f"the database is at {revision}, newer than this release, which knows {HEAD}",
                hint="Start the newer release again, or restore a backup made by this one.",
            )
        _run(connection, "upgrade", target)


def downgrade(database_url: str, target: str) -> None:
    """Take migrations back, down to `target` (`base` for an empty database). What they added is lost."""
    with create_database_engine(database_url).connect() as connection:
        _run(connection, "downgrade", target)


def configuration(connection: Connection) -> Any:  # noqa: ANN401 - a `Config`, whose type is imported late
    """Alembic's configuration for a connection; Alembic itself is imported only where a migration is due."""
    from alembic.config import Config  # noqa: PLC0415 - it takes as long to import as the server takes to start

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _run(connection: Connection, direction: str, target: str) -> None:
    """All steps in one transaction, taken before the history is read: two servers that start together do it once.

    Foreign keys are held against all rows at the end, and not on the way: where a step rebuilds a table, dropping the
    old one would delete every row that refers to it.
    """
    from alembic import command  # noqa: PLC0415 - as above

    if not connection.in_transaction():
        connection.begin()  # Alembic commits after each step unless it finds a transaction begun
    driver = driver_of(connection)
    driver.execute("PRAGMA foreign_keys = OFF")
    driver.execute("BEGIN IMMEDIATE")
    try:
        getattr(command, direction)(configuration(connection), target)
        if driver.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise DatabaseUnavailable("a migration would leave rows that refer to nothing")
        driver.execute("COMMIT")
    finally:
        if driver.in_transaction:
            driver.execute("ROLLBACK")


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision
