"""`modelyard policy`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from modelyard.cli.arguments import Yes
from modelyard.cli.client_command import client_command
from modelyard.cli.output import columns, yaml_text
from modelyard.cli.session import Session
from modelyard.cli.words import model_names
from modelyard.client.answers import Document
from modelyard.client.failures import Misconfigured

policy = typer.Typer(help="Say what versions need for a change of stage.", no_args_is_help=True, rich_markup_mode=None)

COLUMNS = columns("pattern", "exclusive", "gates", "approvals", "transitions", "updated_at", "updated_by")
_WRITTEN = ("transitions", "exclusive", "gates", "approvals")
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A model, or a pattern such as 'fraud.*'.", autocompletion=model_names)
]


@policy.command("show")
@client_command
def show_policy(session: Session, name: Name) -> None:
    """Show the policy that holds for a model, or the one of a pattern, as YAML that `set` takes."""
    registry = session.registry
    held = registry.policies.read(name) if "*" in name else registry.model(name).policy()
    session.show(held.document, COLUMNS, _text(held.document))


@policy.command("ls")
@client_command
def list_policies(session: Session) -> None:
    """List the policies of patterns."""
    found = [one.document for one in session.registry.policies.list()]
    session.list(found, COLUMNS, empty="There is no policy for a pattern.")


@policy.command("set")
@client_command
def set_policy(
    session: Session,
    name: Name,
    file: Annotated[str, typer.Argument(metavar="FILE", help="YAML or JSON; - for standard input.")],
) -> None:
    """Give a model, or all models of a pattern, a policy; what the file leaves out is as in the built-in one."""
    wanted = _read(file)
    registry = session.registry
    made = registry.policies.set(name, wanted) if "*" in name else registry.model(name).set_policy(wanted)
    session.show(made.document, COLUMNS, f"{name} has this policy now.")


@policy.command("rm")
@client_command
def remove_policy(session: Session, name: Name, yes: Yes = False) -> None:
    """Take the policy of a model or a pattern away, so that a less specific one holds. Asks first."""
    session.confirm(f"Remove the policy of {name}?", is_agreed=yes)
    if "*" in name:
        session.registry.policies.delete(name)
    else:
        session.registry.model(name).delete_policy()
    session.show({"removed": name}, columns("removed"), f"The policy of {name} is removed.")


def _text(document: Document) -> str:
    source = {"model": "its own", "pattern": f"of {document['pattern']}", "built-in": "built in"}
    why = f"# {source[document['source']]}\n" if "source" in document else ""
    return why + yaml_text({name: document[name] for name in _WRITTEN})


def _read(file: str) -> dict[str, Any]:
    import yaml

    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{file} is neither YAML nor JSON: {error}") from None
    if not isinstance(found, dict):
        raise Misconfigured(
            f"{file} holds no policy", hint="Write gates, approvals, exclusive and transitions by name."
        )
    return found
