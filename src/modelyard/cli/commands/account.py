"""`modelyard account`."""

import sys
from typing import Annotated

import typer

from modelyard.cli.arguments import AccountName
from modelyard.cli.client_command import client_command
from modelyard.cli.output import columns
from modelyard.cli.session import Session
from modelyard.client.failures import Misconfigured

account = typer.Typer(
    help="Look after the accounts of people and services.", no_args_is_help=True, rich_markup_mode=None
)

COLUMNS = columns("name", "kind", "display_name", "active", "groups", "created_at", "created_by")
CalledName = Annotated[str | None, typer.Option("--display-name", help="What it is called on pages.")]


@account.command("add")
@client_command
def add(
    session: Session,
    name: AccountName,
    is_service: Annotated[bool, typer.Option("--service", help="It is a program, not a person.")] = False,
    display_name: CalledName = None,
) -> None:
    """Make an account. It may do nothing until something is granted to it."""
    made = session.registry.access.accounts.create(
        name, kind="service" if is_service else "person", display_name=display_name or ""
    )
    session.show(made.document, COLUMNS, f"The {made.kind} {made.name} has an account now.")


@account.command("ls")
@client_command
def list_accounts(session: Session) -> None:
    """List all accounts."""
    found = [one.document for one in session.registry.access.accounts.list()]
    session.list(found, COLUMNS, empty="There are no accounts.")


@account.command("edit")
@client_command
def edit(
    session: Session,
    name: AccountName,
    display_name: CalledName = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether it may do anything; at once.")
    ] = None,
) -> None:
    """Change what is given of an account; the rest stays. Accounts are never deleted: the history names them."""
    saved = session.registry.access.accounts.update(name, display_name=display_name, active=active)
    session.show(saved.document, COLUMNS)


@account.command("password")
@client_command
def password(
    session: Session,
    name: AccountName,
    with_password: Annotated[
        bool, typer.Option("--with-password", help="Read the password from standard input.")
    ] = False,
    is_removed: Annotated[bool, typer.Option("--remove", help="Let it have none any more.")] = False,
) -> None:
    """Give a person a password, to sign in by a browser. You are asked for it; all their sessions end."""
    accounts = session.registry.access.accounts
    if is_removed:
        accounts.remove_password(name)
    else:
        accounts.set_password(name, _piped() if with_password else _asked())
    told = "no password any more" if is_removed else "a new password"
    session.show(
        {"account": name, "has_password": not is_removed}, columns("account", "has_password"), f"{name} has {told}."
    )


def _piped() -> str:
    given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise Misconfigured("there is no password on standard input")
    return given


def _asked() -> str:
    if not sys.stdin.isatty():
        raise Misconfigured("there is no terminal to ask at", hint="Pipe the password in, and say --with-password.")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
