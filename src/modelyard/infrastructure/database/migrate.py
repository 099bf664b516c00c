"""Bringing a database's schema up to date: one history for every database."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database.engines import create_database_engine

HEAD = "0005"
"""The newest migration (a test holds it against the history). A schema that is there already needs no Alembic to start."""


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


def configuration(connection: Connection) -> Any:
    """Alembic's configuration for a connection; Alembic itself is imported only where a migration is due."""
    from alembic.config import Config  # noqa: PLC0415 - it takes as long to import as the server takes to start

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _run(connection: Connection, direction: str, target: str) -> None:
    """All steps in one transaction, taken before the history is read: two servers that start together do it once."""
    from alembic import command  # noqa: PLC0415 - as above

    driver: Any = connection.connection.driver_connection
    driver.execute("BEGIN IMMEDIATE")
    try:
        getattr(command, direction)(configuration(connection), target)
        driver.execute("COMMIT")
    finally:
        if driver.in_transaction:
            driver.execute("ROLLBACK")


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision
