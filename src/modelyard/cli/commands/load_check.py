"""`modelyard load-check`."""

import warnings
from typing import Annotated

import typer

from modelyard.cli.arguments import Reference
from modelyard.cli.client_command import client_command
from modelyard.cli.output import columns
from modelyard.cli.session import Session
from modelyard.client.loading import check_folder, load_folder

FIELDS = columns("reference", "flavour", "format", "entry", "runs_code", "differences", "type")


@client_command
def load_check(
    session: Session,
    reference: Reference,
    trust: Annotated[
        list[str] | None, typer.Option(help="A type to trust, or `pickle` for any code in the files; repeatable.")
    ] = None,
) -> None:
    """See whether a version can be loaded here, and what it is, by loading it; ends with 1 where it cannot be.

    No code of its maker runs, unless it is trusted.
    """
    progress = session.transfer()
    folder = session.registry.pull(reference, progress=progress)
    checked = check_folder(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of stands under `differences`
        loaded = load_folder(folder, trust or ())
    kind = type(loaded)
    document = {
        "reference": reference,
        "flavour": checked.flavour,
        "format": checked.form,
        "entry": checked.entry,
        "runs_code": checked.runs_code,
        "differences": list(checked.differences),
        "type": f"{kind.__module__}.{kind.__qualname__}",
    }
    session.show(document, FIELDS)
