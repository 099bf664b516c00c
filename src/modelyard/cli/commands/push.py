"""`modelyard push`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from modelyard.cli.arguments import ModelName, numbers, pairs
from modelyard.cli.client_command import client_command
from modelyard.cli.commands.show import FIELDS
from modelyard.cli.output import columns
from modelyard.cli.session import Session
from modelyard.cli.text import plain_lines

PLAN_COLUMNS = columns("model", "facts", "notes", "version", "metrics")


@client_command
def push(  # noqa: PLR0917 - options
    session: Session,
    model: ModelName,
    path: Annotated[Path, typer.Argument(metavar="PATH", exists=True, help="A file, or a folder with all it holds.")],
    metrics: Annotated[
        list[str] | None, typer.Option("--metric", help="auc=0.93 or auc@holdout=0.93; repeatable.")
    ] = None,
    dataset: Annotated[str, typer.Option(help="What the metrics were measured on that name no dataset.")] = "",
    params: Annotated[list[str] | None, typer.Option("--param", help="max_depth=8; repeatable.")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="team=risk; repeatable.")] = None,
    card: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="File with Markdown.")] = None,
    description: Annotated[str, typer.Option("--description", "-d", help="One line or a few.")] = "",
    parent: Annotated[str | None, typer.Option(help="The version that it was made from, such as churn:3.")] = None,
    ignored: Annotated[
        list[str] | None, typer.Option("--ignore", help="Pattern of files in the folder that stay; repeatable.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show all that would be registered.")] = False,
) -> None:
    """Register a version from a file or a folder; the model is made, if there is none of this name."""
    given: dict[str, Any] = {
        "metrics": numbers(metrics or [], "--metric"),
        "dataset": dataset,
        "params": {name: _value(text) for name, text in pairs(params or [], "--param").items()},
        "tags": pairs(tags or [], "--tag"),
        "card": card,
        "description": description,
        "parent": parent,
        "ignore": ignored,
    }
    progress = session.transfer()
    registry: Any = session.registry
    with registry.plan_push(model, path, **{name: value for name, value in given.items() if value}) as plan:
        if dry_run:
            session.show(plan.document, PLAN_COLUMNS, plain_lines(str(plan)))
        else:
            version = plan.send(progress)
            session.show(version.document, FIELDS, f"{version} is registered.")


def _value(text: str) -> object:
    """What JSON makes of it (numbers, true, false, null, lists), or else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
