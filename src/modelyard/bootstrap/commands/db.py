"""`modelyard db`: the schema of the database."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from modelyard.bootstrap.commands.options import DataDir, settings_with
from modelyard.bootstrap.commands.outcome import readable_failures
from modelyard.bootstrap.data_folder import locked_data_folder
from modelyard.bootstrap.settings import Settings
from modelyard.bootstrap.start import CannotStart, check_driver

if TYPE_CHECKING:  # imported by what needs it, so that others start at once
    from modelyard.domain.access.token import Secret

db = typer.Typer(help="Look after the database.", no_args_is_help=True, rich_markup_mode=None)


@db.command()
def upgrade(data_dir: DataDir = None) -> None:
    """Bring the database to the schema of this release; on SQLite, refused while a server runs on it."""
    with readable_failures():
        settings = settings_with(data_dir=data_dir)
        check_driver(settings)
        lock = nullcontext() if settings.is_shared else locked_data_folder(settings.data_dir)
        with lock, _database_failures():
            from modelyard.infrastructure.database import migrate

            migrate.upgrade(settings.database_url)
            typer.echo(f"The database is at {migrate.current(settings.database_url)}.")


@db.command()
def current(data_dir: DataDir = None) -> None:
    """Print the schema that the database has, and the one that this release needs."""
    with readable_failures(), _database_failures():
        settings = settings_with(data_dir=data_dir)
        check_driver(settings)
        from modelyard.infrastructure.database import migrate

        # Asking SQLite would create the file.
        is_there = settings.is_shared or Path(settings.database_url.removeprefix("sqlite:///")).exists()
        found = migrate.current(settings.database_url) if is_there else None
        typer.echo(f"The database is {f'at {found}' if found else 'empty'}; this release needs {migrate.head()}.")


@db.command("admin-token")
def admin_token(data_dir: DataDir = None) -> None:
    """Print a new token of the account admin, who may do everything; on SQLite, refused while a server runs on it.

    For when nobody can sign in any more, or before the first start, which then prints none. Whoever may run it has the
    database already. Tokens that there are stay; revoke those that others may know.
    """
    from modelyard.bootstrap.commands.registry import alone_on, check_registry

    with readable_failures(), _database_failures():
        settings = settings_with(data_dir=data_dir)
        check_driver(settings)
        check_registry(settings)
        with alone_on(settings):
            typer.echo(asyncio.run(_recovered(settings)).text)


async def _recovered(settings: Settings) -> "Secret":
    from modelyard.application.services.issuing import recover_administrator
    from modelyard.bootstrap.container import build_context

    database = build_context(settings).database
    await database.open()
    try:
        return await database.write(recover_administrator)
    finally:
        await database.close()


def check_database(settings: Settings) -> None:
    """Refuse a shared database that is not at the schema of this release: no server changes it below the others.

    Raises:
        CannotStart: It does not answer.
        DatabaseUnavailable: It is at another schema; the hint names the command that helps.
    """
    with _database_failures():
        from modelyard.infrastructure.database import migrate

        migrate.require_head(settings.database_url)


@contextmanager
def _database_failures() -> Iterator[None]:
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).strip().rstrip(".")
        raise CannotStart(f"The database cannot be used: {reason}.") from None
