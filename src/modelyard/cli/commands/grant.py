"""`modelyard grant`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import Yes
from modelyard.cli.client_command import client_command
from modelyard.cli.output import columns
from modelyard.cli.session import Session
from modelyard.cli.words import roles

grant = typer.Typer(help="Give accounts and groups roles in models.", no_args_is_help=True, rich_markup_mode=None)

COLUMNS = columns("id", "subject", "models", "role", "created_at", "created_by")


@grant.command("add")
@client_command
def add(
    session: Session,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="account:ana or group:risk.")],
    models: Annotated[str, typer.Argument(metavar="MODELS", help="A pattern of names; '*' for all.")],
    role: Annotated[
        str,
        typer.Argument(
            metavar="ROLE", help="reader, contributor, maintainer, approver or admin.", autocompletion=roles
        ),
    ],
) -> None:
    """Give an account or a group a role in all models of a pattern."""
    made = session.registry.access.grants.create(subject, models, role)
    session.show(made.document, COLUMNS, f"{made.subject} is {made.role} in {made.models} (grant {made.id}).")


@grant.command("ls")
@client_command
def list_grants(
    session: Session,
    subject: Annotated[str | None, typer.Option("--subject", help="Of account:ana or group:risk alone.")] = None,
) -> None:
    """List who has which role, in which models."""
    found = [one.document for one in session.registry.access.grants.list(subject=subject)]
    session.list(found, COLUMNS, empty="Nothing is granted.")


@grant.command("rm")
@client_command
def remove(
    session: Session,
    number: Annotated[int, typer.Argument(metavar="ID", help="Number of the grant.", min=1)],
    yes: Yes = False,
) -> None:
    """Take a role away, at once. Asks first."""
    session.confirm(f"Take away what grant {number} gives?", is_agreed=yes)
    session.registry.access.grants.delete(number)
    session.show({"removed": number}, columns("removed"), f"Grant {number} is taken away.")
