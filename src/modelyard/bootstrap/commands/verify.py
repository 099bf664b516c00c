"""`modelyard verify`: prove that what is stored is what was registered."""

import asyncio
import json
from typing import Annotated

import typer

from modelyard.application.services.verification import Finding, Scope, Verification, VerificationReport
from modelyard.bootstrap.commands.options import DataDir, settings_with
from modelyard.bootstrap.commands.outcome import FAILED, readable_failures
from modelyard.bootstrap.commands.sizes import size_text
from modelyard.bootstrap.setting_readers import NotAllowed, size
from modelyard.bootstrap.settings import Settings


def _read_size(text: str) -> int:
    reader = size(1)
    try:
        return reader.read(text)
    except NotAllowed:
        raise typer.BadParameter(f"expected {reader.allowed}") from None


def verify(
    sample: Annotated[int | None, typer.Option(min=0, help="Read this many files, at random.")] = None,
    budget: Annotated[
        int | None,
        typer.Option(parser=_read_size, metavar="SIZE", help="Read at most this much, at random, such as 10GiB."),
    ] = None,
    has_events: Annotated[bool, typer.Option("--events", help="Prove the hash chains of all events too.")] = False,
    is_quarantining: Annotated[
        bool, typer.Option("--quarantine", help="Take damaged files out of use, and mended ones back.")
    ] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Read the files of all versions and compare them with their digests; also beside a running server.

    Sizes of all files and manifests of all versions are compared in any case. Ends with 1 when something is wrong.
    """
    scope = Scope(sample_count=sample, sample_bytes=budget, has_events=has_events, is_quarantining=is_quarantining)
    with readable_failures():
        report = asyncio.run(_verify(settings_with(data_dir=data_dir), scope))
    typer.echo(_json_of(report) if is_json else _text_of(report, scope))
    if report.findings:
        raise typer.Exit(FAILED)


async def _verify(settings: Settings, scope: Scope) -> VerificationReport:
    from modelyard.bootstrap.commands.registry import check_registry, opened_registry

    check_registry(settings)
    async with opened_registry(settings) as context:
        return await Verification(context.database, context.blob_store).run(scope)


def _text_of(report: VerificationReport, scope: Scope) -> str:
    lines = [finding_text(finding) for finding in report.findings]
    if report.unknown:
        lines.append(f"{len(report.unknown)} files are unknown to the database; a collector deletes them in time.")
    if report.released_count:
        lines.append(f"{report.released_count} files that were quarantined are right again and in use.")
    events = f", {report.event_count} events" if scope.has_events else ""
    lines.append(
        f"{report.read_count} of {report.file_count} files read ({size_text(report.read_bytes)}), "
        f"{report.version_count} versions{events}: "
        f"{f'{len(report.findings)} things are wrong' if report.findings else 'nothing is wrong'}."
    )
    return "\n".join(lines)


def finding_text(finding: Finding) -> str:
    """What is wrong, which files of which versions it is damage to, and what to do."""
    lines = [f"{finding.fault}: {finding.subject}: {finding.detail}"]
    lines += [f"    {use.model}:{use.version} {use.path}" for use in finding.uses]
    if finding.is_quarantined:
        lines.append("    It is quarantined: upload the same bytes again, or restore the file and run this again.")
    return "\n".join(lines)


def _json_of(report: VerificationReport) -> str:
    return json.dumps(
        {
            "is_right": not report.findings,
            "findings": [finding_document(finding) for finding in report.findings],
            "unknown": [f"{key.digest}.{key.generation}" for key in report.unknown],
            "files": {"count": report.file_count, "read": report.read_count, "read_bytes": report.read_bytes},
            "versions": report.version_count,
            "events": report.event_count,
            "released": report.released_count,
        }
    )


def finding_document(finding: Finding) -> dict[str, object]:
    """A finding for programs."""
    return {
        "fault": finding.fault.value,
        "subject": finding.subject,
        "detail": finding.detail,
        "is_quarantined": finding.is_quarantined,
        "uses": [{"model": use.model, "version": use.version, "path": use.path} for use in finding.uses],
    }
