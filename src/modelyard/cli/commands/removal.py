"""`modelyard delete` and `modelyard rename`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import Force, ModelName, ModelOrReference, Yes
from modelyard.cli.client_command import client_command
from modelyard.cli.commands.show import MODEL_FIELDS
from modelyard.cli.output import columns
from modelyard.cli.session import Session
from modelyard.cli.text import size_text
from modelyard.client.reference import parse_reference


@client_command
def delete(session: Session, name: ModelOrReference, force: Force = False, yes: Yes = False) -> None:
    """Delete a version, or a model with all of its versions. Asks first; numbers are never used again."""
    named = parse_reference(name, "-")
    model = session.registry.model(named.model)
    if named.ref == "-":
        session.confirm(f"Delete the model {name} with all of its versions?", is_agreed=yes)
        freed = model.delete(force=force)
    else:
        version = model.version(named.ref)  # so that the question names the one that goes, not what an alias means now
        name = version.reference
        session.confirm(f"Delete {name} ({size_text(version.size_bytes)})?", is_agreed=yes)
        freed = model.delete_version(version, force=force)
    session.show({"freed_bytes": freed}, columns("freed_bytes"), f"{name} is deleted; {size_text(freed)} become free.")


@client_command
def rename(
    session: Session, model: ModelName, name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")]
) -> None:
    """Give a model another name; it keeps its versions and its history."""
    renamed = session.registry.model(model).rename(name).read()
    session.show(renamed.document, MODEL_FIELDS, f"{model} is now {name}.")
