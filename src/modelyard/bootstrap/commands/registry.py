"""The registry that a command works on beside the server, or in its place."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from modelyard.application.ports.blob_store import BlobStore
from modelyard.bootstrap.data_folder import locked_data_folder
from modelyard.bootstrap.settings import Settings
from modelyard.bootstrap.start import CannotStart
from modelyard.presentation.http.context import Context

_SQLITE = "sqlite:///"


def is_served_by_one(settings: Settings) -> bool:
    """Whether one process at a time may write to the database, which then holds the lock of the data folder."""
    return settings.database_url.startswith(_SQLITE)


def check_registry(settings: Settings) -> None:
    """See that there is a registry, at the schema of this release; nothing is made or migrated.

    Raises:
        CannotStart: There is none, or it has an older schema.
        DatabaseUnavailable: It was written by a newer release, or is being filled.
    """
    if not is_served_by_one(settings):
        return  # opening such a database creates and migrates nothing
    from modelyard.infrastructure.database import migrate

    is_there = Path(settings.database_url.removeprefix(_SQLITE)).exists()
    found = migrate.current(settings.database_url) if is_there else None
    if found is None:
        raise CannotStart(f"There is no registry in {settings.data_dir}; name its folder with --data-dir.")
    migrate.require_known(found)
    if found != migrate.head():
        raise CannotStart(
            f"The database is at {found}, and this release needs {migrate.head()}; "
            "start the server once, or run: modelyard db upgrade"
        )


@asynccontextmanager
async def opened_registry(settings: Settings) -> AsyncIterator[Context]:
    """Database and store, open while the block lasts."""
    from modelyard.bootstrap.container import build_context

    context = build_context(settings)
    try:
        await context.database.open()
        await context.blob_store.open()
        yield context
    finally:
        await context.database.close()
        await context.blob_store.close()


@asynccontextmanager
async def opened_store(store: BlobStore) -> AsyncIterator[BlobStore]:
    """A store of files, open while the block lasts."""
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@contextmanager
def alone_on(settings: Settings) -> Iterator[None]:
    """Hold the data folder where one process at a time may write to the database; elsewhere nothing.

    Raises:
        CannotStart: A server or another command holds it.
    """
    if not is_served_by_one(settings):
        yield
        return
    with locked_data_folder(settings.data_dir):
        yield
