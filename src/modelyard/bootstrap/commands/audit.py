"""`modelyard audit export`: note elsewhere how far history has come."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from modelyard.bootstrap.commands.options import DataDir, settings_with
from modelyard.bootstrap.commands.outcome import readable_failures
from modelyard.bootstrap.settings import Settings

audit = typer.Typer(help="Note how far history has come.", no_args_is_help=True, rich_markup_mode=None)


@audit.callback()
def _group() -> None:
    """Keeps it a group, though it has one command."""


@audit.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write; it is replaced as a whole.")],
    data_dir: DataDir = None,
) -> None:
    """Write the last event of every hash chain into a file, for `modelyard verify --heads`; also beside a server."""
    with readable_failures():
        count = asyncio.run(_export(settings_with(data_dir=data_dir), file))
    typer.echo(f"{count} chains noted in {file}. Keep it where nobody who can write to the database can reach it.")


async def _export(settings: Settings, file: Path) -> int:
    from modelyard.application.services.histories import read_heads
    from modelyard.bootstrap.commands import heads
    from modelyard.bootstrap.commands.registry import check_registry, opened_registry
    from modelyard.domain.event import rfc3339

    check_registry(settings)
    async with opened_registry(settings) as context:
        found = await read_heads(context.database)
    _write(file, heads.written(found, rfc3339(datetime.now(UTC))))
    return len(found)


def _write(file: Path, content: bytes) -> None:
    """Durably, and as a whole or not at all: the file before it stays until this one is there."""
    from modelyard.infrastructure.blobs.durable import sync_folder

    staged = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with staged.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        staged.replace(file)
        sync_folder(file.absolute().parent)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise typer.BadParameter(f"{file} cannot be written: {error.strerror}", param_hint="FILE") from error
