"""`modelyard db`: the schema of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from modelyard.bootstrap.commands.options import DataDir, settings_with
from modelyard.bootstrap.commands.outcome import readable_failures
from modelyard.bootstrap.data_folder import locked_data_folder
from modelyard.bootstrap.start import CannotStart


def upgrade(data_dir: DataDir = None) -> None:
    """Bring the database to the schema of this release; refused while a server runs on it."""
    with readable_failures():
        settings = settings_with(data_dir=data_dir)
        with locked_data_folder(settings.data_dir), _database_failures():
            from modelyard.infrastructure.database import migrate

            migrate.upgrade(settings.database_url)
            typer.echo(f"The database is at {migrate.current(settings.database_url)}.")


def current(data_dir: DataDir = None) -> None:
    """Print the schema that the database has, and the one that this release needs."""
    with readable_failures(), _database_failures():
        settings = settings_with(data_dir=data_dir)
        from modelyard.infrastructure.database import migrate

        # Asking SQLite would create the file.
        is_there = Path(settings.database_url.removeprefix("sqlite:///")).exists()
        found = migrate.current(settings.database_url) if is_there else None
        typer.echo(f"The database is {f'at {found}' if found else 'empty'}; this release needs {migrate.head()}.")


@contextmanager
def _database_failures() -> Iterator[None]:
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        raise CannotStart(f"The database cannot be used: {error.orig}.") from None
