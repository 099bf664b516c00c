"""`modelyard push`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, cast

import typer

from modelyard.cli.arguments import ModelName, numbers, pairs
from modelyard.cli.client_command import client_command
from modelyard.cli.commands.show import FIELDS
from modelyard.cli.output import columns
from modelyard.cli.session import Session
from modelyard.cli.text import plain_lines
from modelyard.client.push.options import PushOptions

PLAN_COLUMNS = columns("model", "facts", "notes", "version", "metrics")


Texts = list[str] | None
Metrics = Annotated[Texts, typer.Option("--metric", help="auc=0.93 or auc@holdout=0.93; repeatable.")]
Dataset = Annotated[str, typer.Option(help="What the metrics were measured on that name no dataset.")]
Params = Annotated[Texts, typer.Option("--param", help="max_depth=8; repeatable.")]
Tags = Annotated[Texts, typer.Option("--tag", help="team=risk; repeatable.")]
Card = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="File with Markdown.")]
About = Annotated[str, typer.Option("--description", "-d", help="One line or a few.")]
Parent = Annotated[str | None, typer.Option(help="The version that it was made from, such as churn:3.")]
Ignored = Annotated[Texts, typer.Option("--ignore", help="Pattern of files in the folder that stay; repeatable.")]
OnlyShow = Annotated[bool, typer.Option("--dry-run", help="Only show all that would be registered.")]


@client_command
def push(  # noqa: PLR0917 - options
    session: Session,
    model: ModelName,
    path: Annotated[Path, typer.Argument(metavar="PATH", exists=True, help="A file, or a folder with all it holds.")],
    metrics: Metrics = None,
    dataset: Dataset = "",
    params: Params = None,
    tags: Tags = None,
    card: Card = None,
    description: About = "",
    parent: Parent = None,
    ignored: Ignored = None,
    dry_run: OnlyShow = False,
) -> None:
    """Register a version from a file or a folder; the model is made, if there is none of this name."""
    given = {
        "metrics": numbers(metrics or [], "--metric"),
        "dataset": dataset,
        "params": {name: _value(text) for name, text in pairs(params or [], "--param").items()},
        "tags": pairs(tags or [], "--tag"),
        "card": card,
        "description": description,
        "parent": parent,
        "ignore": ignored,
    }
    _push(session, model, path, given, is_shown_only=dry_run)


def _push(session: Session, model: str, path: Path, given: Mapping[str, object], *, is_shown_only: bool) -> None:
    options = cast(PushOptions, {name: value for name, value in given.items() if value})
    progress = session.transfer()
    with session.registry.plan_push(model, path, **options) as plan:
        if is_shown_only:
            session.show(dict(plan.document), PLAN_COLUMNS, plain_lines(str(plan)))
        else:
            version = plan.send(progress)
            session.show(version.document, FIELDS, f"{version} is registered.")


def _value(text: str) -> object:
    """What JSON makes of it (numbers, true, false, null, lists), or else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
