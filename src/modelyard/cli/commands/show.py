"""`modelyard show`."""

import sys
from typing import Annotated

import typer

from modelyard.cli import terminal
from modelyard.cli.arguments import ModelOrReference
from modelyard.cli.client_command import client_command
from modelyard.cli.listing import framework_of, reference_of
from modelyard.cli.output import Column, columns
from modelyard.cli.session import Session
from modelyard.cli.text import plain_lines, text_of
from modelyard.client.answers import Document
from modelyard.client.reference import parse_reference

MODEL_FIELDS = columns(
    "name",
    "description",
    "tags",
    "latest_version",
    "production",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
)
FIELDS = columns(
    Column("version", reference_of),
    "stage",
    "aliases",
    "description",
    "tags",
    Column("framework", framework_of),
    "params",
    "metrics",
    Column("lineage", lambda version: version["lineage"] and text_of(version["lineage"])),
    "digest",
    "size_bytes",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
)
FILE_COLUMNS = columns("path", "size_bytes", "digest", "media_type")


@client_command
def show(
    session: Session,
    name: ModelOrReference,
    only_card: Annotated[bool, typer.Option("--card", help="Print the card alone.")] = False,
    only_files: Annotated[bool, typer.Option("--files", help="List the files alone.")] = False,
    at: Annotated[
        str | None, typer.Option(help="What a stage or an alias meant at this moment, such as 2026-01-31T12:00:00Z.")
    ] = None,
) -> None:
    """Show a model, or a version with its files and its card."""
    named = parse_reference(name, "-")
    if named.ref == "-":
        session.show(session.registry.model(name).read().document, MODEL_FIELDS)
        return
    document = session.registry.model(named.model).version(named.ref, at=at).document
    if only_card:
        session.show({"card": document["card"]}, columns("card"), _card(document["card"]))
    elif only_files:
        session.list(document["files"], FILE_COLUMNS, empty=f"{reference_of(document)} has no files.")
    else:
        session.show(document, FIELDS, _text(document))


def _card(card: str) -> str:
    """Byte by byte as it is, except to a terminal."""
    return plain_lines(card) if sys.stdout.isatty() else card


def _text(document: Document) -> str:
    parts = [
        terminal.record(document, FIELDS),
        terminal.table(document["files"], FILE_COLUMNS),
        plain_lines(document["card"]),
    ]
    return "\n".join(part if part.endswith("\n") else f"{part}\n" for part in parts if part)
