"""`modelyard leaderboard`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import Limit, MetricKey
from modelyard.cli.client_command import client_command
from modelyard.cli.listing import first, reference_of
from modelyard.cli.output import Column, columns
from modelyard.cli.session import Session
from modelyard.cli.words import model_names
from modelyard.client.measuring import parse_key
from modelyard.client.reference import model_path

COLUMNS = columns(
    "rank",
    Column("version", reference_of),
    "value",
    "delta",
    "stage",
    "aliases",
    "step",
    "recorded_at",
    Column("production", lambda held: held["production"] and held["production"]["number"]),
)


@client_command
def leaderboard(
    session: Session,
    metric: MetricKey,
    model: Annotated[str | None, typer.Option(help="Only versions of this model.", autocompletion=model_names)] = None,
    is_lower_better: Annotated[bool, typer.Option("--lower", help="Lower values are better.")] = False,
    query: Annotated[str, typer.Option("--query", "-q", help="Only versions that this query finds.")] = "",
    limit: Limit = 20,
) -> None:
    """Rank versions by the latest value of a metric; delta is to what the model has in production."""
    name, dataset, part = parse_key(metric)
    path = f"{model_path(model)}/leaderboard" if model else "/leaderboard"
    wanted = {
        "metric": name,
        "dataset": dataset,
        "slice": part,
        "direction": "lower" if is_lower_better else "higher",
        "q": query,
    }
    found = session.registry.transport.items(path, wanted, limit + 1)
    session.list(first(session, found, limit), COLUMNS, empty=f"No version has the metric {metric}.")
