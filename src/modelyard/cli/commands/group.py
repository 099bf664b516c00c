"""`modelyard group`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import AccountName, Yes
from modelyard.cli.client_command import client_command
from modelyard.cli.output import columns
from modelyard.cli.session import Session

group = typer.Typer(
    help="Look after groups, whose members share what is granted.", no_args_is_help=True, rich_markup_mode=None
)

COLUMNS = columns("name", "members", "description", "created_at", "created_by")
Name = Annotated[str, typer.Argument(metavar="GROUP", help="Name of a group.")]


@group.command("add")
@client_command
def add(
    session: Session,
    name: Name,
    description: Annotated[str, typer.Option("--description", help="What it is for.")] = "",
) -> None:
    """Make a group, without members."""
    made = session.registry.access.groups.create(name, description=description)
    session.show(made.document, COLUMNS, f"There is a group {made.name} now.")


@group.command("ls")
@client_command
def list_groups(session: Session) -> None:
    """List all groups, with their members."""
    found = [one.document for one in session.registry.access.groups.list()]
    session.list(found, COLUMNS, empty="There are no groups.")


@group.command("join")
@client_command
def join(session: Session, name: Name, account: AccountName) -> None:
    """Make an account a member of a group."""
    saved = session.registry.access.groups.join(name, account)
    session.show(saved.document, COLUMNS, f"{account} is in {saved.name}.")


@group.command("leave")
@client_command
def leave(session: Session, name: Name, account: AccountName) -> None:
    """Make an account no member of a group any more."""
    saved = session.registry.access.groups.leave(name, account)
    session.show(saved.document, COLUMNS, f"{account} is not in {saved.name}.")


@group.command("rm")
@client_command
def remove(session: Session, name: Name, yes: Yes = False) -> None:
    """Delete a group, with what is granted to it. Asks first."""
    session.confirm(f"Delete the group {name} and what is granted to it?", is_agreed=yes)
    session.registry.access.groups.delete(name)
    session.show({"removed": name}, columns("removed"), f"The group {name} is deleted.")
