"""`modelyard search`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import Limit, Sort
from modelyard.cli.client_command import client_command
from modelyard.cli.listing import VERSION_COLUMNS, first
from modelyard.cli.session import Session


@client_command
def search(
    session: Session,
    query: Annotated[
        list[str] | None, typer.Argument(metavar="QUERY", help="Words and conditions, as the query language has them.")
    ] = None,
    sort: Sort = None,
    limit: Limit = 50,
    everything: Annotated[bool, typer.Option("--all", help="All that are found, whatever --limit says.")] = False,
) -> None:
    """Find versions of all models by a query; long answers go through a pager."""
    words = " ".join(query or ())
    found = session.registry.search(words, sort=sort, limit=None if everything else limit + 1)
    documents = (version.document for version in found)
    shown = documents if everything else first(session, documents, limit)
    session.list(shown, VERSION_COLUMNS, empty="Nothing was found.")
