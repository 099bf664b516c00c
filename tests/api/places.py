"""Registries in different places: each database with each store, empty or filled, and commands on them."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner

from modelyard.__main__ import build_commands
from modelyard.application.ports.database import Database
from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.container import build_context
from modelyard.bootstrap.settings import Settings
from tests.api.in_process import Contract, client_of, lifespan_of
from tests.factories import Dump, Workshop
from tests.postgresql_server import Databases
from tests.servers.seaweedfs import S3Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a registry is, or is to be."""

    settings: Settings

    @property
    def variables(self) -> dict[str, str]:
        given = self.settings
        return {
            "MODELYARD_DATA_DIR": str(given.data_dir),
            "MODELYARD_DATABASE_URL": given.database_url,
            "MODELYARD_BLOB_STORE_ALLOW_HTTP": "true",
        } | ({"MODELYARD_BLOB_STORE_URL": given.blob_store_url} if given.blob_store_url else {})

    @property
    def as_target(self) -> dict[str, str]:
        """For `modelyard copy`."""
        names = ("MODELYARD_DATA_DIR", "MODELYARD_DATABASE_URL", "MODELYARD_BLOB_STORE_URL")
        return {f"TO_{name}": self.variables[name] for name in names if name in self.variables}

    def command_at_once(self, *arguments: str, **variables: str) -> tuple[int, str]:
        """Exit code, and what stands on stdout and stderr."""
        code, output, errors = self.outcome(*arguments, **variables)
        return code, output + errors

    def outcome(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr, where a slow machine also lets progress be told."""
        result = CliRunner().invoke(build_commands(), arguments, env={**self.variables, **variables})
        return result.exit_code, result.stdout, result.stderr

    async def command(self, *arguments: str, **variables: str) -> tuple[int, str]:
        return await asyncio.to_thread(self.command_at_once, *arguments, **variables)

    async def report(self, *arguments: str, **variables: str) -> dict[str, Any]:
        """The document of a command that goes well."""
        code, output, errors = await asyncio.to_thread(self.outcome, *arguments, "--json", **variables)
        assert code == 0, output + errors
        document: dict[str, Any] = json.loads(output)
        return document

    @asynccontextmanager
    async def served(self, contract: Contract) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(self.settings)
        async with lifespan_of(app), client_of(app, contract) as api:
            yield api

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        database = build_context(self.settings).database
        await database.open()
        try:
            yield database
        finally:
            await database.close()

    async def dump(self) -> Dump:
        """All rows that move with a registry."""
        async with self.database() as database:
            rows = await Workshop(database).dump()
        return {name: table for name, table in rows.items() if name not in {"uploads", "orphans"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Makes places; `"postgresql+s3"` names a kind."""

    folder: Path
    migrated_file: Path
    postgresql: Databases
    template: str
    bucket: S3Bucket
    stack: ExitStack

    def make(self, name: str, kind: str, *, is_empty: bool = False) -> Place:
        """A place for a registry, with the schema of this release unless it is to be empty."""
        data_dir = self.folder / name
        database, store = kind.split("+")
        database_url = ""
        if database == "postgresql":
            database_url = self.stack.enter_context(
                self.postgresql.database("template0" if is_empty else self.template)
            )
        elif not is_empty:
            data_dir.mkdir()
            shutil.copyfile(self.migrated_file, data_dir / "registry.db")
        url = f"{self.bucket.url}/{name}" if store == "s3" else ""
        settings = Settings(
            data_dir=data_dir, database_url=database_url, blob_store_url=url, blob_store_allow_http=True
        )
        return Place(settings=settings)


@contextmanager
def places_in(
    folder: Path, migrated_file: Path, postgresql: Databases, template: str, bucket: S3Bucket
) -> Iterator[Places]:
    with ExitStack() as stack:
        yield Places(
            folder=folder,
            migrated_file=migrated_file,
            postgresql=postgresql,
            template=template,
            bucket=bucket,
            stack=stack,
        )
