"""`modelyard webhook`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import Limit, Yes
from modelyard.cli.client_command import client_command
from modelyard.cli.exit_codes import FAILED
from modelyard.cli.listing import first
from modelyard.cli.output import Column, columns
from modelyard.cli.session import Session

webhook = typer.Typer(help="Have servers told of what happens.", no_args_is_help=True, rich_markup_mode=None)

COLUMNS = columns("id", "url", "models", "actions", "active", "description", "created_by", "created_at")
DELIVERY_COLUMNS = columns(
    "id",
    "sequence",
    "action",
    "model",
    "status",
    "tries",
    "next_at",
    Column("last", lambda held: held["attempts"] and (held["attempts"][-1]["error"] or held["attempts"][-1]["status"])),
)
Number = Annotated[int, typer.Argument(metavar="ID", help="Number of the webhook.", min=1)]
Actions = Annotated[list[str] | None, typer.Option("--action", help="Tell of this kind of event only; repeatable.")]
Models = Annotated[str | None, typer.Option("--models", help="Tell of models of this pattern only.")]
About = Annotated[str | None, typer.Option("--description", help="What it is for.")]


@webhook.command("add")
@client_command
def add(
    session: Session,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where to; https.")],
    actions: Actions = None,
    models: Models = None,
    description: About = None,
) -> None:
    """Have a server told of what happens from now on. The secret that signs it is shown only now."""
    made = session.registry.webhooks.create(
        address, actions=actions or (), models=models or "*", description=description or ""
    )
    shown = (*COLUMNS, Column("secret"))
    session.show(made.document, shown, f"Webhook {made.id} is told from now on.\nIts secret: {made.secret}")


@webhook.command("ls")
@client_command
def list_webhooks(session: Session) -> None:
    """List all webhooks."""
    found = [one.document for one in session.registry.webhooks.list()]
    session.list(found, COLUMNS, empty="There are no webhooks.")


@webhook.command("edit")
@client_command
def edit(  # noqa: PLR0917 - options
    session: Session,
    number: Number,
    address: Annotated[str | None, typer.Option("--address", help="Where to.")] = None,
    actions: Actions = None,
    models: Models = None,
    description: About = None,
    active: Annotated[bool | None, typer.Option("--active/--paused", help="Whether it is told now.")] = None,
) -> None:
    """Change what is given of a webhook; the rest stays."""
    made = session.registry.webhooks.update(
        number, url=address, actions=actions, models=models, description=description, active=active
    )
    session.show(made.document, COLUMNS)


@webhook.command("rm")
@client_command
def remove(session: Session, number: Number, yes: Yes = False) -> None:
    """Delete a webhook, with its log and all that waits for it. Asks first."""
    session.confirm(f"Delete webhook {number} and what waits for it?", is_agreed=yes)
    session.registry.webhooks.delete(number)
    session.show({"removed": number}, columns("removed"), f"Webhook {number} is deleted.")


@webhook.command("test")
@client_command
def test(session: Session, number: Number) -> None:
    """Send a ping now, and tell what the receiver answered; ends with 1 where it did not arrive."""
    tried = session.registry.webhooks.test(number)
    text = f"It was answered with {tried.status} in {tried.duration_ms} ms." if tried.status else tried.error
    session.show(tried.document, columns("delivered", "status", "duration_ms", "error", "at"), text)
    if not tried.document["delivered"]:
        raise typer.Exit(FAILED)


@webhook.command("deliveries")
@client_command
def deliveries(
    session: Session,
    number: Number,
    status: Annotated[str | None, typer.Option(help="pending, delivered or dead; else all.")] = None,
    limit: Limit = 50,
) -> None:
    """List what was sent or is to be, the newest first."""
    found = (one.document for one in session.registry.webhooks.deliveries(number, status=status, limit=limit + 1))
    session.list(first(session, found, limit), DELIVERY_COLUMNS, empty="Nothing was sent.")


@webhook.command("redeliver")
@client_command
def redeliver(
    session: Session,
    number: Number,
    delivery: Annotated[int, typer.Argument(metavar="DELIVERY", help="Number of the delivery.", min=1)],
) -> None:
    """Send one again."""
    session.registry.webhooks.redeliver(number, delivery)
    session.show({"queued": delivery}, columns("queued"), f"Delivery {delivery} is sent again.")
