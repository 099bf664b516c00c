"""`modelyard compare` and `modelyard diff`."""

from typing import Annotated, Any

import typer

from modelyard.cli.arguments import Reference
from modelyard.cli.client_command import client_command
from modelyard.cli.listing import reference_of
from modelyard.cli.output import Column, Output
from modelyard.cli.session import Session
from modelyard.cli.words import references
from modelyard.client.answers import Document
from modelyard.client.failures import Misconfigured
from modelyard.client.reference import parse_reference

References = Annotated[
    list[str],
    typer.Argument(metavar="REFERENCE", help="Two or more of churn:7, churn@alias.", autocompletion=references),
]


@client_command
def compare(
    session: Session,
    names: References,
    baseline: Annotated[int, typer.Option(min=1, help="The place, from 1, that deltas of metrics are taken from.")] = 1,
    has_differences_only: Annotated[
        bool, typer.Option("--differences", help="Leave out what is the same everywhere.")
    ] = False,
) -> None:
    """Hold versions against each other: parameters, metrics, tags, files, lineage, one row each."""
    if len(names) < 2:
        raise Misconfigured("a comparison takes two versions or more")
    _show(session, _read(session, names, baseline, differences=has_differences_only))


@client_command
def diff(session: Session, one: Reference, other: Reference) -> None:
    """Show what differs between two versions."""
    _show(session, _read(session, [one, other], 1, differences=True))


def _read(session: Session, names: list[str], baseline: int, *, differences: bool) -> Document:
    wanted = ",".join(str(parse_reference(name)) for name in names)
    query: dict[str, str | int] = {"versions": wanted, "baseline": baseline, "differences": differences}
    return session.registry.transport.get("/compare", query)


def _show(session: Session, found: Document) -> None:
    """JSON and YAML have the API's document; tables and CSV a row for each thing, a column for each version."""
    if session.output in {Output.JSON, Output.YAML}:
        session.show(found, ())
        return
    names = [reference_of(version) for version in found["versions"]]
    shown = [Column("section"), Column("name"), *(_cell(place, name) for place, name in enumerate(names))]
    if any(row["deltas"] for row in found["rows"]):
        shown += [_delta(place, name) for place, name in enumerate(names) if place != found["baseline"] - 1]
    session.list(found["rows"], shown, empty="Nothing differs.")


def _cell(place: int, name: str) -> Column:
    def find(row: Document) -> Any:  # noqa: ANN401 - any JSON
        cell = row["cells"][place]
        return None if cell is None else cell["value"]

    return Column(name, find)


def _delta(place: int, name: str) -> Column:
    return Column(f"Δ {name}", lambda row: row["deltas"] and row["deltas"][place])
