"""`modelyard request`, `requests`, `approve`, `reject` and `withdraw`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import Limit, ModelName, Reason, Reference, ToStage, moment
from modelyard.cli.client_command import client_command
from modelyard.cli.listing import first
from modelyard.cli.output import Column, columns
from modelyard.cli.session import Session
from modelyard.client.approvals import Request
from modelyard.client.reference import parse_reference

COLUMNS = columns(
    "id",
    Column("version", lambda held: f"{held['model']}:{held['version']}"),
    "from_stage",
    "to_stage",
    "status",
    Column("approvals", lambda held: len(held["approvals"])),
    "created_by",
    "created_at",
    "expires_at",
    "reason",
)
Number = Annotated[int, typer.Argument(metavar="ID", help="Number of the request.", min=1)]


@client_command
def request(
    session: Session,
    reference: Reference,
    stage: ToStage,
    reason: Reason = "",
    expires_at: Annotated[
        str | None, typer.Option("--expires", help="When it lapses, such as 2026-12-24T12:00:00Z; else in two weeks.")
    ] = None,
) -> None:
    """Ask others to approve a change of stage; it happens by itself with the last approval that is needed."""
    named = parse_reference(reference)
    until = moment(expires_at) if expires_at else None
    made = session.registry.model(named.model).request(named.ref, stage, reason=reason, expires_at=until)
    asks = f"Request {made.id} asks for {made.model}:{made.version} to go to {made.to_stage}."
    _show(session, made, f"{asks}\nOthers run: modelyard approve {made.model} {made.id}")


@client_command
def requests(
    session: Session,
    model: ModelName,
    status: Annotated[
        str | None, typer.Option(help="open, executed, rejected, withdrawn or expired; else all.")
    ] = None,
    limit: Limit = 50,
) -> None:
    """List the requests of a model, the newest first."""
    found = (one.document for one in session.registry.model(model).requests(status=status, limit=limit + 1))
    session.list(first(session, found, limit), COLUMNS, empty="There are no requests.")


@client_command
def approve(session: Session, model: ModelName, number: Number, reason: Reason = "") -> None:
    """Agree to what somebody else asked for. The last approval that is needed takes the step."""
    made = session.registry.model(model).approve(number, reason=reason)
    if made.transition:
        text = f"Request {made.id} is approved: {made.transition.version} is in {made.to_stage}."
    else:
        needed = f" of {made.checklist.approvals_needed}" if made.checklist else ""
        text = f"Request {made.id} has {len(made.approvals)}{needed} approvals, and is {made.status}."
    _show(session, made, text)


@client_command
def reject(
    session: Session,
    model: ModelName,
    number: Number,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why; it stands in the history.")],
) -> None:
    """Say no to what somebody else asked for, and why."""
    made = session.registry.model(model).reject(number, reason=reason)
    _show(session, made, f"Request {made.id} is rejected.")


@client_command
def withdraw(session: Session, model: ModelName, number: Number, reason: Reason = "") -> None:
    """Take a request back."""
    made = session.registry.model(model).withdraw(number, reason=reason)
    _show(session, made, f"Request {made.id} is withdrawn.")


def _show(session: Session, made: Request, text: str) -> None:
    session.show(made.document, COLUMNS, text)
