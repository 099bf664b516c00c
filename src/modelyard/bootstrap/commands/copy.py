"""`modelyard copy`: a registry into another database and store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from typer.models import OptionInfo

from modelyard.application.ports.rows import RowSource
from modelyard.application.services.carrying import CarriedFiles
from modelyard.application.services.holding import collector_held_off
from modelyard.application.services.moving import Move, MoveReport
from modelyard.application.services.verification import VerificationReport
from modelyard.bootstrap.commands.options import AcceptDamage, DataDir, IsJson, Sample, settings_with
from modelyard.bootstrap.commands.outcome import FAILED, readable_failures
from modelyard.bootstrap.commands.progress import Progress, carried_text
from modelyard.bootstrap.commands.proof import moved_json, moved_text, proof_of
from modelyard.bootstrap.settings import PREFIX, Settings
from modelyard.bootstrap.start import check_driver, check_store


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copied:
    report: MoveReport
    proof: VerificationReport | None
    missed_events: int

    @property
    def is_right(self) -> bool:
        is_proved = self.proof is not None and not self.proof.findings
        return is_proved and not self.report.damaged and not self.missed_events

    def json(self) -> str:
        return moved_json(self.report, self.proof, missed_events=self.missed_events)


def _to(setting: str, meaning: str) -> OptionInfo:
    """A setting of the new registry; its variable may hold what others on the machine should not see."""
    option: OptionInfo = typer.Option(envvar=f"TO_{PREFIX}{setting}", help=meaning)
    return option


def copy(
    *,
    to_data_dir: Annotated[Path | None, _to("DATA_DIR", "Folder of the new registry.")] = None,
    to_database_url: Annotated[str | None, _to("DATABASE_URL", "Database of the new registry.")] = None,
    to_blob_store_url: Annotated[str | None, _to("BLOB_STORE_URL", "Where its files are.")] = None,
    has_only_files: Annotated[
        bool, typer.Option("--files-only", help="Copy the files beforehand, also beside a running server.")
    ] = False,
    accepts_damage: AcceptDamage = False,
    sample: Sample = 100,
    is_json: IsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Copy the registry that the settings name into another database and store, which are empty, and prove the copy.

    It may be interrupted at any time and run again; until it has ended no server starts on the new registry.
    """
    with readable_failures():
        settings = settings_with(data_dir=data_dir)
        target = _target_of(settings, to_data_dir, to_database_url, to_blob_store_url)
        for one in (settings, target):
            check_driver(one)
            check_store(one)
        if has_only_files:
            carried = asyncio.run(_copy_files(settings, target))
            typer.echo(
                f"{carried_text(carried)}, {len(carried.damages)} are damaged. Run it without --files-only next."
            )
            return
        copied = asyncio.run(_copy(settings, target, accepts_damage, sample))
    typer.echo(copied.json() if is_json else _text_of(copied))
    if not copied.is_right:
        raise typer.Exit(FAILED)


def _target_of(
    settings: Settings, data_dir: Path | None, database_url: str | None, blob_store_url: str | None
) -> Settings:
    if data_dir is None and not (database_url and blob_store_url):
        raise typer.BadParameter("name --to-data-dir, or both --to-database-url and --to-blob-store-url")
    given = {"DATA_DIR": data_dir, "DATABASE_URL": database_url, "BLOB_STORE_URL": blob_store_url}
    variables = {f"{PREFIX}{name}": str(value) for name, value in given.items() if value is not None}
    allow_http = str(settings.blob_store_allow_http).lower()
    target = Settings.from_env({**variables, f"{PREFIX}BLOB_STORE_ALLOW_HTTP": allow_http})
    if target.database_url == settings.database_url:
        raise typer.BadParameter("the new registry needs a database of its own, and this is that of the old one")
    return target


async def _copy(settings: Settings, target: Settings, accepts_damage: bool, sample: int) -> _Copied:
    from modelyard.bootstrap.commands.registry import alone_on

    with alone_on(settings):
        async with _begun(settings, target) as (rows, move):
            report = await move.run(accepts_damage=accepts_damage)
            with rows.snapshot() as now:
                missed_events = now.last_event() - report.last_event
        proof = await proof_of(target, sample) if report.is_filled else None
    return _Copied(report=report, proof=proof, missed_events=missed_events)


async def _copy_files(settings: Settings, target: Settings) -> CarriedFiles:
    async with _begun(settings, target) as (_, move):
        return await move.bring_files()


@asynccontextmanager
async def _begun(settings: Settings, target: Settings) -> AsyncIterator[tuple[RowSource, Move]]:
    """Nobody else fills the target meanwhile, and nothing is deleted from the source."""
    from modelyard.bootstrap.commands.registry import alone_on, check_registry, opened_registry, opened_store
    from modelyard.bootstrap.container import build_blob_store
    from modelyard.infrastructure.database.row_snapshot import SqlRowSource
    from modelyard.infrastructure.database.row_target import SqlRowTarget

    check_registry(settings)
    rows = SqlRowSource(settings.database_url)
    async with AsyncExitStack() as held:
        held.enter_context(alone_on(target))
        source = await held.enter_async_context(opened_registry(settings))
        files = await held.enter_async_context(opened_store(build_blob_store(target)))
        await held.enter_async_context(collector_held_off(source.database))
        move = Move(
            rows=rows,
            source=source.blob_store,
            place_of=lambda key: key,
            filled=SqlRowTarget(target.database_url),
            target=files,
            tell=Progress().tell,
        )
        yield rows, move


def _text_of(copied: _Copied) -> str:
    lines = [moved_text(copied.report, copied.proof)]
    if copied.proof is not None:
        lines.append(f"The registry is copied, up to event {copied.report.last_event}.")
    if copied.missed_events:
        lines.append(
            f"{copied.missed_events} later events are not in the copy: a server still runs on the source. "
            "Stop it, and copy into an empty database once more."
        )
    return "\n".join(lines)
