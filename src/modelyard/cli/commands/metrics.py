"""`modelyard metrics`."""

import shutil
import sys
from operator import itemgetter
from typing import Annotated

import typer

from modelyard.cli.arguments import MetricKey, ModelOrReference, Reference, numbers
from modelyard.cli.client_command import client_command
from modelyard.cli.output import Column, Output, columns
from modelyard.cli.plot import plot_text
from modelyard.cli.session import Session
from modelyard.client.answers import Document
from modelyard.client.failures import ModelyardError
from modelyard.client.measuring import parse_key, written_key
from modelyard.client.reference import model_path, parse_reference

metrics = typer.Typer(
    help="Append, list and plot the metrics of versions.", no_args_is_help=True, rich_markup_mode=None
)

COLUMNS = columns(
    Column("metric", lambda held: written_key(held["name"], held["dataset"], held["slice"])),
    "value",
    "step",
    "recorded_at",
)
POINT_COLUMNS = columns("step", "value", "recorded_at")
_MOST_POINTS = 500
_MOST_VERSIONS = 1000


@metrics.command("log")
@client_command
def log(
    session: Session,
    reference: Reference,
    values: Annotated[list[str], typer.Argument(metavar="VALUE", help="auc=0.93, auc@holdout=0.93.")],
    step: Annotated[int, typer.Option(min=0, help="The step that the values are of.")] = 0,
) -> None:
    """Append values to a version. Sending the same again is safe; another value needs another step."""
    named = parse_reference(reference)
    done = session.registry.model(named.model).log_metrics(named.ref, numbers(values, "VALUE"), step=step)
    document = {"appended": done.appended, "unchanged": done.unchanged}
    session.show(document, columns("appended", "unchanged"), f"{done.appended} appended, {done.unchanged} were there.")


@metrics.command("ls")
@client_command
def list_metrics(session: Session, reference: Reference) -> None:
    """List the latest value of each metric of a version, slices included."""
    named = parse_reference(reference)
    found = [one.document for one in session.registry.model(named.model).metrics(named.ref)]
    session.list(found, COLUMNS, empty=f"{reference} has no metrics.")


@metrics.command("history")
@client_command
def history(session: Session, reference: Reference, metric: MetricKey) -> None:
    """List all values of one metric of a version by step."""
    named = parse_reference(reference)
    found = session.registry.model(named.model).history(named.ref, metric)
    documents = (
        {
            "step": one.step,
            "value": one.value,
            "recorded_at": f"{one.recorded_at:%Y-%m-%dT%H:%M:%S}.{one.recorded_at.microsecond // 1000:03}Z",
        }
        for one in found
    )
    session.list(documents, POINT_COLUMNS, empty=f"{reference} has no values of {metric}.")


@metrics.command("plot")
@client_command
def plot(session: Session, name: ModelOrReference, metric: MetricKey) -> None:
    """Draw a metric in the terminal: over the versions of a model (churn), or by step of one version (churn:7)."""
    named = parse_reference(name, "-")
    points = _over_versions(session, name, metric) if named.ref == "-" else _by_step(session, name, metric)
    if not points:
        raise ModelyardError(f"{name} has no values of {metric}", hint="`modelyard metrics ls` tells which there are.")
    label = "version" if named.ref == "-" else "step"
    if session.output is not Output.TABLE:
        session.list(points, columns(label, "value"))
        return
    size = shutil.get_terminal_size()
    drawn = plot_text([(one[label], one["value"]) for one in points], width=min(size.columns, 100), label=label)
    sys.stdout.write(f"{metric} of {name}\n{drawn}")


def _over_versions(session: Session, model: str, metric: str) -> list[Document]:
    """The latest values of the versions that have the metric, by number; of more than a thousand, the greatest."""
    name, dataset, part = parse_key(metric)
    wanted = {"metric": name, "dataset": dataset, "slice": part}
    found = session.registry.transport.items(f"{model_path(model)}/leaderboard", wanted, _MOST_VERSIONS)
    return sorted(({"version": one["number"], "value": one["value"]} for one in found), key=itemgetter("version"))


def _by_step(session: Session, reference: str, metric: str) -> list[Document]:
    named = parse_reference(reference)
    found = session.registry.model(named.model).sampled_history(named.ref, metric, _MOST_POINTS)
    return [{"step": one.step, "value": one.value} for one in found]
