"""`modelyard history`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import Limit, ModelName
from modelyard.cli.client_command import client_command
from modelyard.cli.listing import first
from modelyard.cli.output import Column, columns
from modelyard.cli.session import Session

COLUMNS = columns(
    "kind",
    "name",
    "version",
    Column("since.at", lambda held: held["since"]["at"]),
    Column("since.by", lambda held: held["since"]["by"]),
    Column("until.at", lambda held: held["until"] and held["until"]["at"]),
    Column("until.by", lambda held: held["until"] and held["until"]["by"]),
    Column("reason", lambda held: held["since"]["reason"]),
)


@client_command
def history(
    session: Session,
    model: ModelName,
    stage: Annotated[str | None, typer.Option(help="Only of this stage; drafts are told only so.")] = None,
    alias: Annotated[str | None, typer.Option(help="Only of this alias.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Only of this version.")] = None,
    limit: Limit = 50,
) -> None:
    """Tell which version of a model held which stage and alias, from when to when, the newest first."""
    found = session.registry.model(model).timeline(stage=stage, alias=alias, version=version, limit=limit + 1)
    session.list(first(session, (one.document for one in found), limit), COLUMNS, empty="Nothing yet.")
