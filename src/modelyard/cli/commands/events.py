"""`modelyard events`."""

import json
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from modelyard.cli.arguments import Limit
from modelyard.cli.client_command import client_command
from modelyard.cli.listing import first
from modelyard.cli.output import Column, Output, columns, csv_rows, yaml_text
from modelyard.cli.session import Session
from modelyard.cli.text import shown, text_of
from modelyard.cli.words import model_names
from modelyard.client.answers import Document
from modelyard.client.events import Event


def _subject(event: Document) -> str:
    return f"{event['model']}:{event['version']}" if event["version"] else str(event["model"])


def _change(event: Document) -> str:
    before, after = event["before"] or {}, event["after"] or {}
    changed = {name: f"{text_of(before[name])} → {text_of(new)}" for name, new in after.items() if name in before}
    return text_of({**after, **changed}) if len(after) < 6 else ""


COLUMNS = columns("sequence", "at", "actor", "action", Column("subject", _subject), Column("change", _change), "reason")


@client_command
def events(  # noqa: PLR0917 - options
    session: Session,
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="Only of this model.", autocompletion=model_names)
    ] = None,
    is_followed: Annotated[bool, typer.Option("--follow", "-f", help="Wait for what happens, until Ctrl-C.")] = False,
    after: Annotated[int | None, typer.Option(min=0, help="With --follow: begin behind this sequence.")] = None,
    action: Annotated[str | None, typer.Option(help="Only of this kind, such as version.stage_changed.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this one did.")] = None,
    limit: Limit = 50,
) -> None:
    """Tell what happened, or what happens, as it happens.

    The newest come first; with --follow each comes as it happens, on a line of its own.

    A broken connection is made anew; no event is missed or comes twice. JSON is then one document a line.
    """
    if after is not None and not is_followed:
        raise typer.BadParameter("is of use with --follow only", param_hint="--after")
    source = session.registry.model(model) if model else session.registry
    found = source.events(
        action=action, actor=actor, limit=None if is_followed else limit + 1, follow=is_followed, after=after
    )
    if is_followed:
        _follow(session, found)
    else:
        session.list(first(session, (one.document for one in found), limit), COLUMNS, empty="Nothing has happened.")


def _follow(session: Session, found: Iterator[Event]) -> None:
    if session.output is Output.CSV:
        for line in csv_rows((event.document for event in found), COLUMNS):
            _tell(line)
    for event in found:
        _tell(_line(session.output, event.document))


def _line(output: Output, document: Document) -> str:
    if output is Output.JSON:
        return json.dumps(document, ensure_ascii=False) + "\n"
    if output is Output.YAML:
        return "---\n" + yaml_text(document)
    cells = [shown(column.name, column.of(document)) for column in COLUMNS]
    return "  ".join([f"{cells[0]:>6}", *cells[1:]]) + "\n"


def _tell(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()
