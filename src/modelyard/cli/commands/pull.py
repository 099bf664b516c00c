"""`modelyard pull`."""

from pathlib import Path
from typing import Annotated

import typer

from modelyard.cli.arguments import Reference
from modelyard.cli.client_command import client_command
from modelyard.cli.output import columns
from modelyard.cli.session import Session


@client_command
def pull(
    session: Session,
    reference: Reference,
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", file_okay=False, help="Where to; without, in the cache.")
    ] = None,
    paths: Annotated[
        list[str] | None, typer.Option("--file", help="Only this file, or those of a pattern; repeatable.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace other files that are in their places.")
    ] = False,
) -> None:
    """Fetch the files of a version, verified, and print the folder that they are in."""
    progress = session.transfer()
    place = session.registry.pull(reference, folder, paths=paths, overwrite=overwrite, progress=progress)
    session.show({"reference": reference, "path": str(place)}, columns("reference", "path"), str(place))
