"""`modelyard gc`: delete what nothing refers to."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import Annotated

import typer

from modelyard.application.services.collection import CollectionReport
from modelyard.bootstrap.commands.options import DataDir, settings_with
from modelyard.bootstrap.commands.outcome import FAILED, readable_failures
from modelyard.bootstrap.commands.sizes import size_text
from modelyard.bootstrap.settings import PREFIX, Settings
from modelyard.bootstrap.start import CannotStart

_WHAT = {
    "blobs": "files that no version refers to",
    "orphans": "files that the database does not know",
    "uploads": "unfinished uploads past their time",
    "staging": "staged bytes that no upload names",
    "answers": "expired answers to idempotency keys",
}


def gc(
    is_deleting: Annotated[bool, typer.Option("--delete", help="Delete it; without, only say what would go.")] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Say what nothing refers to any more, and delete it with --delete.

    A running server does the same by itself; deleting is refused beside one that has the data folder.
    """
    with readable_failures():
        settings = settings_with(data_dir=data_dir)
        from modelyard.bootstrap.commands.registry import check_registry

        check_registry(settings)
        if is_deleting:
            with _alone(settings):
                report = asyncio.run(_collect(settings))
        else:
            report = asyncio.run(_survey(settings))
    typer.echo(_json_of(report, is_deleting) if is_json else _text_of(report, is_deleting))
    if report.undeleted:
        raise typer.Exit(FAILED)


async def _survey(settings: Settings) -> CollectionReport:
    from modelyard.bootstrap.commands.registry import opened_registry
    from modelyard.bootstrap.container import build_collection

    async with opened_registry(settings) as context:
        return await build_collection(settings, context).survey()


async def _collect(settings: Settings) -> CollectionReport:
    from modelyard.bootstrap.commands.registry import opened_registry
    from modelyard.bootstrap.container import build_collection

    async with opened_registry(settings) as context:
        report = await build_collection(settings, context).run()
    if report is None:
        raise CannotStart("Another collector is at work on this database; nothing was done.")
    return report


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the data folder where one process at a time may write; elsewhere collectors agree in the database."""
    from modelyard.bootstrap.commands.registry import alone_on

    with ExitStack() as held:
        try:
            held.enter_context(alone_on(settings))
        except CannotStart as error:
            schedule = f"A running server deletes by itself, every {PREFIX}GC_INTERVAL_SECONDS."
            raise CannotStart(f"{error} {schedule}") from None
        yield


def _text_of(report: CollectionReport, is_deleting: bool) -> str:
    lines = ["Deleted:" if is_deleting else "Would be deleted (do it with --delete):"]
    for kind, tally in report.kinds.items():
        size = "" if tally.size_bytes is None else f"  {size_text(tally.size_bytes)}"
        lines.append(f"{tally.count:>9}  {_WHAT[kind]}{size}")
    lines.append(f"{size_text(report.size_bytes)} {'are' if is_deleting else 'would become'} free.")
    if report.undeleted:
        lines.append(f"{report.undeleted} files could not be deleted; the next run tries again.")
    return "\n".join(lines)


def _json_of(report: CollectionReport, is_deleting: bool) -> str:
    kinds = {kind: asdict(tally) for kind, tally in report.kinds.items()}
    total = {"is_deleted": is_deleting, "size_bytes": report.size_bytes, "undeleted": report.undeleted}
    return json.dumps({**total, **kinds})
