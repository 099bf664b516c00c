"""`modelyard restore`: a registry from a backup."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from modelyard.application.services.moving import Move, MoveReport
from modelyard.application.services.verification import VerificationReport
from modelyard.bootstrap.commands.options import AcceptDamage, DataDir, IsJson, Sample, settings_with
from modelyard.bootstrap.commands.outcome import FAILED, readable_failures
from modelyard.bootstrap.commands.progress import Progress
from modelyard.bootstrap.commands.proof import moved_json, moved_text, proof_of
from modelyard.bootstrap.settings import Settings
from modelyard.bootstrap.start import CannotStart, check_driver, check_store


def restore(
    folder: Annotated[Path, typer.Argument(help="Folder of the backups.")],
    point: Annotated[str | None, typer.Option(help="Which backup.", show_default="the newest")] = None,
    accepts_damage: AcceptDamage = False,
    sample: Sample = 100,
    is_json: IsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Bring a backup into an empty registry, of whatever database and store the settings name, and prove it.

    It may be interrupted at any time and run again; until it has ended no server starts on the registry.
    """
    with readable_failures():
        settings = settings_with(data_dir=data_dir)
        check_driver(settings)
        check_store(settings)
        name, report, proof = asyncio.run(_restore(settings, folder, point, accepts_damage, sample))
    if is_json:
        typer.echo(moved_json(report, proof, point=name))
    else:
        typer.echo(moved_text(report, proof))
        if proof is not None:
            typer.echo(f"Backup {name} is restored, up to event {report.last_event}.")
    if report.damaged or proof is None or proof.findings:
        raise typer.Exit(FAILED)


async def _restore(
    settings: Settings, folder: Path, point: str | None, accepts_damage: bool, sample: int
) -> tuple[str, MoveReport, VerificationReport | None]:
    from modelyard.bootstrap.commands.registry import alone_on, opened_store
    from modelyard.bootstrap.container import build_blob_store
    from modelyard.infrastructure.backups.folder import BackupFolder
    from modelyard.infrastructure.database.row_target import SqlRowTarget

    backups = BackupFolder(folder, is_read_only=True)
    name = point or _newest(backups.points(), folder)
    await asyncio.to_thread(backups.require_sound_database, name, backups.manifest(name))
    with alone_on(settings):
        target = build_blob_store(settings)
        async with opened_store(backups.files), opened_store(target):
            report = await Move(
                rows=backups.rows(name),
                source=backups.files,
                place_of=lambda key: backups.key_of(key.digest),
                filled=SqlRowTarget(settings.database_url),
                target=target,
                tell=Progress().tell,
            ).run(accepts_damage=accepts_damage)
        proof = await proof_of(settings, sample) if report.is_filled else None
    return name, report, proof


def _newest(points: Sequence[str], folder: Path) -> str:
    if not points:
        raise CannotStart(f"There is no whole backup in {folder}.")
    return points[-1]
