"""`modelyard promote` and `modelyard rollback`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import DryRun, ModelName, Reason, Reference, ToStage
from modelyard.cli.client_command import client_command
from modelyard.cli.exit_codes import CONFLICT
from modelyard.cli.output import Column, columns
from modelyard.cli.session import Session
from modelyard.cli.text import checklist_lines
from modelyard.client.lifecycle import Transition
from modelyard.client.reference import parse_reference

FIELDS = columns(
    Column("version", lambda made: f"{made['version']['model']}:{made['version']['number']}"),
    "from_stage",
    "to_stage",
    "step",
    "passed",
    "archived",
    "reason",
)


@client_command
def promote(
    session: Session,
    reference: Reference,
    stage: ToStage,
    reason: Reason = "",
    from_stage: Annotated[
        str | None, typer.Option(help="Only if it is in this stage, so that two people cannot race.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Bring a version to another stage: up, down, into the archive or out of it.

    Ends with 4 where a gate does not pass or an approval is missing, also with --dry-run.
    """
    named = parse_reference(reference)
    model = session.registry.model(named.model)
    made = model.promote(named.ref, stage, reason=reason, from_stage=from_stage, dry_run=dry_run)
    _show(session, made, is_planned=dry_run)


@client_command
def rollback(
    session: Session,
    model: ModelName,
    to_version: Annotated[
        str | None, typer.Option("--to", help="A version that was in production; else the one before the present one.")
    ] = None,
    reason: Reason = "",
    dry_run: DryRun = False,
) -> None:
    """Put the version back into production that was there before."""
    made = session.registry.model(model).rollback(to_version=to_version, reason=reason, dry_run=dry_run)
    _show(session, made, is_planned=dry_run)


def _show(session: Session, made: Transition, *, is_planned: bool) -> None:
    session.show(made.document, FIELDS, _text(made, is_planned=is_planned))
    if is_planned and not made.checklist.passed:
        raise typer.Exit(CONFLICT)


def _text(made: Transition, *, is_planned: bool) -> str:
    held, version = made.checklist, made.version
    gone = ", ".join(f"{version.model}:{number}" for number in made.archived)
    if is_planned:
        lines = [f"{version} would {'go' if held.passed else 'not go'} from {made.from_stage} to {made.to_stage}."]
    else:
        lines = [f"{version} is in {made.to_stage}."]
    if gone:
        lines.append(f"{gone} {'would be' if is_planned else 'was'} archived.")
    if held.approvals_needed:
        lines.append(f"  approvals: {held.approvals_given} of {held.approvals_needed}")
    return "\n".join([*lines, *checklist_lines(made.document["gates"])])
