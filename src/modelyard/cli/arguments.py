"""Arguments and options that several commands take, with the words that complete them."""

from datetime import datetime
from typing import Annotated

import typer

from modelyard.cli.words import model_names, references, scopes, stages
from modelyard.client.failures import Misconfigured

Reference = Annotated[
    str, typer.Argument(metavar="REFERENCE", help="churn:7, churn:production, churn@alias.", autocompletion=references)
]
ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="Name of a model.", autocompletion=model_names)]
ModelOrReference = Annotated[
    str,
    typer.Argument(metavar="NAME", help="churn, churn:7, churn:production, churn@alias.", autocompletion=references),
]
ToStage = Annotated[
    str, typer.Argument(metavar="STAGE", help="draft, staging, production or archived.", autocompletion=stages)
]
MetricKey = Annotated[str, typer.Argument(metavar="METRIC", help="auc, auc@holdout or auc@holdout/age<30.")]
AccountName = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Name of an account.")]
Scopes = Annotated[
    list[str],
    typer.Option(
        "--scope", help="What it may be used for: read, write, promote or admin; repeatable.", autocompletion=scopes
    ),
]
Globs = Annotated[
    list[str] | None, typer.Option("--models", help="Only for models of this pattern; repeatable. Else for all.")
]
Reason = Annotated[str, typer.Option("--reason", "-m", help="Why; it stands in the history.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be.")]
Limit = Annotated[int, typer.Option("--limit", "-L", min=1, help="At most so many.")]
Sort = Annotated[str | None, typer.Option("--sort", help="Fields, each with - before it for descending.")]
Force = Annotated[bool, typer.Option("--force", help="Also what is in use: staging, production, aliases.")]


def moment(text: str) -> datetime:
    """A moment that somebody wrote, with its time zone.

    Raises:
        Misconfigured: It is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Misconfigured(f"{text!r} is no moment with its time zone", hint="Write 2026-12-24T12:00:00Z.")
    return found


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """`name=value` texts by name; a value may hold `=` too.

    Raises:
        typer.BadParameter: One has no `=`, no name, or a name that was there.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise typer.BadParameter(f"{text!r} is not of the form name=value", param_hint=option)
        if name in found:
            raise typer.BadParameter(f"{name!r} is given twice", param_hint=option)
        found[name] = value
    return found


def numbers(texts: list[str], option: str) -> dict[str, float]:
    """`name=number` texts by name.

    Raises:
        typer.BadParameter: As for `pairs`, or a value is no number.
    """
    try:
        return {name: float(value) for name, value in pairs(texts, option).items()}
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
