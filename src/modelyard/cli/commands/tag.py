"""`modelyard tag`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import ModelOrReference, pairs
from modelyard.cli.client_command import client_command
from modelyard.cli.output import Column, columns
from modelyard.cli.session import Session
from modelyard.client.reference import parse_reference

FIELDS = columns(
    Column("name", lambda held: held.get("name") or f"{held['model']}:{held['number']}"), "tags", "revision"
)


@client_command
def tag(
    session: Session,
    name: ModelOrReference,
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG", help="name=value")] = None,
    removed: Annotated[list[str] | None, typer.Option("--remove", help="Name of a tag that goes; repeatable.")] = None,
) -> None:
    """Set or remove tags of a model or a version; without any, print those that it has."""
    change: dict[str, str | None] = {**pairs(tags or [], "TAG"), **dict.fromkeys(removed or ())}
    named = parse_reference(name, "-")
    model = session.registry.model(named.model)
    if named.ref == "-":
        document = (model.update(tags=change) if change else model.read()).document
    else:
        document = (model.update_version(named.ref, tags=change) if change else model.version(named.ref)).document
    lines = "".join(f"{key}={value}\n" for key, value in document["tags"].items())
    session.show(document, FIELDS, lines or "no tags")
