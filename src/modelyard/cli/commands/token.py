"""`modelyard whoami` and `modelyard token`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import Globs, Scopes, Yes, moment
from modelyard.cli.client_command import client_command
from modelyard.cli.output import Column, columns
from modelyard.cli.session import Session
from modelyard.client.access.tokens import OF_ALL, Token

token = typer.Typer(help="Make, list, replace and revoke tokens.", no_args_is_help=True, rich_markup_mode=None)

COLUMNS = columns(
    "id",
    "account",
    "name",
    "kind",
    "ending",
    "scopes",
    "models",
    "expires_at",
    "last_used_at",
    "revoked_at",
    "created_at",
    "created_by",
)
_SHOWN_ONCE = (*COLUMNS, Column("token"))
_ME = columns(
    "name",
    "authenticated",
    Column("roles", lambda held: [f"{one['role']} in {one['models']}" for one in held["roles"]]),
    "scopes",
    "models",
)
Number = Annotated[int, typer.Argument(metavar="ID", help="Number of the token.", min=1)]


@client_command
def whoami(session: Session) -> None:
    """Tell who you are to the registry, and what you may do."""
    session.show(session.registry.access.me().document, _ME)


@token.command("add")
@client_command
def add(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    scopes: Scopes,
    models: Globs = None,
    expires_at: Annotated[
        str | None, typer.Option("--expires", help="When it ends, such as 2026-12-24T12:00:00Z; else it does not.")
    ] = None,
    account: Annotated[str | None, typer.Option("--account", help="Whose it is; else yours.")] = None,
) -> None:
    """Make a token. Its secret is shown only now."""
    made = session.registry.access.tokens.create(
        name,
        scopes=scopes,
        models=models or ("*",),
        expires_at=moment(expires_at) if expires_at else None,
        account=account,
    )
    _show(session, made, f"Token {made.id} of {made.account} is made.")


@token.command("ls")
@client_command
def list_tokens(
    session: Session,
    account: Annotated[str | None, typer.Option("--account", help="Those of this account; else yours.")] = None,
    is_of_all: Annotated[bool, typer.Option("--all", help="Those of all accounts.")] = False,
) -> None:
    """List tokens, the newest first, also those that are revoked."""
    found = session.registry.access.tokens.list(account=OF_ALL if is_of_all else account)
    session.list([one.document for one in found], COLUMNS, empty="There are no tokens.")


@token.command("rotate")
@client_command
def rotate(session: Session, number: Number) -> None:
    """Revoke a token and make one that is like it, in one step. Its secret is shown only now."""
    made = session.registry.access.tokens.rotate(number)
    _show(session, made, f"Token {made.id} takes the place of {number}, which is good for nothing any more.")


@token.command("revoke")
@client_command
def revoke(session: Session, number: Number, yes: Yes = False) -> None:
    """Let a token be good for nothing, at once. Asks first."""
    session.confirm(f"Revoke token {number}?", is_agreed=yes)
    session.registry.access.tokens.revoke(number)
    session.show({"revoked": number}, columns("revoked"), f"Token {number} is revoked.")


def _show(session: Session, made: Token, text: str) -> None:
    session.show(made.document, _SHOWN_ONCE, f"{text}\nIts secret: {made.token}")
