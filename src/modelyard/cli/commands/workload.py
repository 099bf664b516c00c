"""`modelyard workload`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import AccountName, Globs, Scopes, Yes
from modelyard.cli.client_command import client_command
from modelyard.cli.output import columns
from modelyard.cli.session import Session

workload = typer.Typer(
    help="Let jobs of CI systems and pods act as services.", no_args_is_help=True, rich_markup_mode=None
)

COLUMNS = columns(
    "id", "account", "issuer", "audience", "subject", "scopes", "models", "ttl_seconds", "created_at", "created_by"
)


@workload.command("add")
@client_command
def add(  # noqa: PLR0917 - options
    session: Session,
    account: AccountName,
    issuer: Annotated[str, typer.Option("--issuer", help="The claim iss: one that the operator trusts.")],
    subject: Annotated[str, typer.Option("--subject", help="The claim sub, or a pattern of it.")],
    scopes: Scopes,
    audience: Annotated[str, typer.Option("--audience", help="One of the claim aud.")] = "modelyard",
    models: Globs = None,
    ttl_seconds: Annotated[int, typer.Option("--ttl-seconds", help="How long their tokens are good for.")] = 900,
) -> None:
    """Let workloads act as a service, by tokens that they get for those of their platform."""
    made = session.registry.access.workload_identities.create(
        account,
        issuer=issuer,
        audience=audience,
        subject=subject,
        scopes=scopes,
        models=models or ("*",),
        ttl_seconds=ttl_seconds,
    )
    session.show(made.document, COLUMNS, f"{made.subject} may act as {made.account} (workload identity {made.id}).")


@workload.command("ls")
@client_command
def list_workloads(session: Session) -> None:
    """List which workloads may act as which services."""
    found = [one.document for one in session.registry.access.workload_identities.list()]
    session.list(found, COLUMNS, empty="No workload is trusted.")


@workload.command("rm")
@client_command
def remove(
    session: Session,
    number: Annotated[int, typer.Argument(metavar="ID", help="Number of the workload identity.", min=1)],
    yes: Yes = False,
) -> None:
    """Trust these workloads no more; the tokens that they have by this end at once. Asks first."""
    session.confirm(f"Trust workload identity {number} no more?", is_agreed=yes)
    session.registry.access.workload_identities.delete(number)
    session.show({"removed": number}, columns("removed"), f"Workload identity {number} is trusted no more.")
