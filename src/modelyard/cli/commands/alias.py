"""`modelyard alias`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import ModelName, Reason, Reference, Yes
from modelyard.cli.client_command import client_command
from modelyard.cli.output import Column, columns
from modelyard.cli.session import Session
from modelyard.client.failures import BadReference
from modelyard.client.reference import parse_reference

alias = typer.Typer(help="Set, list and remove aliases.", no_args_is_help=True, rich_markup_mode=None)

COLUMNS = columns(
    Column("alias", lambda held: f"{held['model']}@{held['name']}"), "version", "protected", "updated_at", "updated_by"
)
Name = Annotated[str, typer.Argument(metavar="ALIAS", help="The alias, such as champion.")]


@alias.command("set")
@client_command
def set_alias(
    session: Session,
    reference: Reference,
    name: Name,
    new: Annotated[bool, typer.Option("--new", help="Only if there is none of this name.")] = False,
    protected: Annotated[
        bool | None, typer.Option("--protect/--no-protect", help="Whether only approvers may change it from then on.")
    ] = None,
    reason: Reason = "",
) -> None:
    """Make an alias for a version, or move it there."""
    named = parse_reference(reference)
    name = name.removeprefix("@")
    made = session.registry.model(named.model).set_alias(
        name, named.ref, protected=protected, reason=reason, must_be_new=new
    )
    told = ", protected" if made.protected else ""
    session.show(made.document, COLUMNS, f"{made.model}@{made.name} is {made.model}:{made.version}{told}.")


@alias.command("ls")
@client_command
def list_aliases(session: Session, model: ModelName) -> None:
    """List the aliases of a model."""
    found = [one.document for one in session.registry.model(model).aliases()]
    session.list(found, COLUMNS, empty=f"{model} has no aliases.")


@alias.command("rm")
@client_command
def remove_alias(session: Session, reference: Reference, yes: Yes = False) -> None:
    """Take an alias (churn@champion) away; the version stays. Asks first."""
    named = parse_reference(reference)
    if not named.ref.startswith("@"):
        raise BadReference(f"{reference!r} names no alias", hint="Write model@alias.")
    session.confirm(f"Remove {named}?", is_agreed=yes)
    session.registry.model(named.model).delete_alias(named.ref[1:])
    session.show({"removed": str(named)}, columns("removed"), f"{named} is removed.")
