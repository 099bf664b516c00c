"""`modelyard ls`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import Limit, Sort
from modelyard.cli.client_command import client_command
from modelyard.cli.listing import VERSION_COLUMNS, first
from modelyard.cli.output import Column, columns
from modelyard.cli.session import Session
from modelyard.cli.words import model_names

MODEL_COLUMNS = columns(
    "name",
    Column("versions", lambda model: model["latest_version"]),
    "production",
    "description",
    "tags",
    "updated_at",
    "updated_by",
)


@client_command
def ls(
    session: Session,
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="List its versions.", autocompletion=model_names)
    ] = None,
    sort: Sort = None,
    limit: Limit = 50,
) -> None:
    """List models, or the versions of one, the newest first."""
    if model is None:
        found = (one.document for one in session.registry.models(sort=sort, limit=limit + 1))
        session.list(first(session, found, limit), MODEL_COLUMNS, empty="There is no model yet.")
    else:
        versions = (one.document for one in session.registry.model(model).versions(sort=sort, limit=limit + 1))
        session.list(first(session, versions, limit), VERSION_COLUMNS, empty=f"{model} has no versions.")
