"""`modelyard backup`: a point in time of a registry, while it is served."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from modelyard.application.services.backup import Backup, BackupReport
from modelyard.bootstrap.commands.options import DataDir, IsJson, settings_with
from modelyard.bootstrap.commands.outcome import FAILED, readable_failures
from modelyard.bootstrap.commands.progress import (
    Progress,
    carried_document,
    carried_text,
    damage_document,
    damage_text,
)
from modelyard.bootstrap.commands.sizes import size_text
from modelyard.bootstrap.settings import Settings
from modelyard.bootstrap.start import check_driver, check_store


def backup(
    folder: Annotated[Path, typer.Argument(help="Folder of the backups; made where it is missing.")],
    keep: Annotated[
        int | None, typer.Option(min=1, help="Keep this many whole backups, the newest, and remove older ones.")
    ] = None,
    is_json: IsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Copy the registry as it is at this moment into a folder, also beside a running server.

    Files that earlier backups have brought there are not copied again. Ends with 1 when a file is damaged.
    """
    with readable_failures():
        settings = settings_with(data_dir=data_dir)
        check_driver(settings)
        check_store(settings)
        report = asyncio.run(_backup(settings, folder, keep))
    typer.echo(_json_of(report) if is_json else _text_of(report))
    if report.manifest.damaged:
        raise typer.Exit(FAILED)


async def _backup(settings: Settings, folder: Path, keep: int | None) -> BackupReport:
    from modelyard.bootstrap.commands.registry import check_registry, opened_registry, opened_store
    from modelyard.infrastructure.backups.folder import BackupFolder
    from modelyard.infrastructure.database.row_snapshot import SqlRowSource

    check_registry(settings)
    backups = BackupFolder(folder)
    rows = SqlRowSource(settings.database_url)
    async with opened_registry(settings) as context, opened_store(backups.files):
        return await Backup(context.database, rows, context.blob_store, backups, Progress().tell).run(keep=keep)


def _text_of(report: BackupReport) -> str:
    manifest = report.manifest
    lines = [damage_text(one) for one in manifest.damaged]
    if report.pruned.points:
        lines.append(
            f"Removed {len(report.pruned.points)} older backups and {report.pruned.file_count} files "
            f"({size_text(report.pruned.file_bytes)})."
        )
    lines.append(f"{carried_text(report.carried)}; {sum(table.count for table in manifest.tables.values())} rows.")
    outcome = f"without {len(manifest.damaged)} damaged files" if manifest.damaged else "whole"
    lines.append(f"Backup {report.point} is {outcome}, up to event {manifest.last_event}.")
    return "\n".join(lines)


def _json_of(report: BackupReport) -> str:
    manifest = report.manifest
    return json.dumps(
        {
            "point": report.point,
            "is_whole": not manifest.damaged,
            "last_event": manifest.last_event,
            "tables": {name: table.count for name, table in manifest.tables.items()},
            "files": {
                "count": manifest.file_count,
                "size_bytes": manifest.file_bytes,
                **carried_document(report.carried),
            },
            "damaged": [damage_document(one) for one in manifest.damaged],
            "pruned": {
                "points": list(report.pruned.points),
                "files": report.pruned.file_count,
                "size_bytes": report.pruned.file_bytes,
            },
        }
    )
