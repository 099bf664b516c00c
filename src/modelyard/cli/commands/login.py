"""`modelyard login`."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from modelyard.cli.client_command import client_command
from modelyard.cli.output import columns
from modelyard.cli.session import Session
from modelyard.client.answers import Document
from modelyard.client.connection import connect
from modelyard.client.failures import Misconfigured
from modelyard.client.server import DEFAULT_PROFILE, Server, read_profiles, write_profiles

COLUMNS = columns("profile", "address", "actor", "has_token")


@client_command
def login(
    session: Session,
    address: Annotated[str | None, typer.Argument(metavar="ADDRESS", help="Address of the registry.")] = None,
    actor: Annotated[
        str | None, typer.Option(help="The name that stands in the history, where no token says who you are.")
    ] = None,
    with_token: Annotated[bool, typer.Option("--with-token", help="Read the token from standard input.")] = False,
    is_list: Annotated[bool, typer.Option("--list", help="List the profiles.")] = False,
    is_removed: Annotated[bool, typer.Option("--remove", help="Forget the profile.")] = False,
) -> None:
    """Remember a registry and who you are there, as the profile `default` or as the one that --profile names.

    Address and token are tried first. On a terminal you are asked for a token; leave it empty where none is needed.
    """
    name = session.profile or DEFAULT_PROFILE
    if is_list:
        found = [_document(name, server) for name, server in sorted(read_profiles().items())]
        session.list(found, COLUMNS, empty="There are no profiles.")
    elif is_removed:
        server = _remove(name)
        session.show(_document(name, server), COLUMNS, f"The profile {name} is removed.")
    else:
        server = _tried(session, address or session.url, _token(with_token=with_token), actor or "")
        path = write_profiles({**read_profiles(), name: server})
        session.show(_document(name, server), COLUMNS, f"{server.url} answers. Kept as profile {name} in {path}.")


def _token(*, with_token: bool) -> str:
    if with_token:
        token = sys.stdin.readline().strip()
        if not token:
            raise Misconfigured("there is no token on standard input")
        return token
    if not sys.stdin.isatty():
        return ""
    asked = typer.prompt("Token (empty for none)", default="", hide_input=True, show_default=False, err=True)
    return str(asked).strip()


def _tried(session: Session, address: str | None, token: str, actor: str) -> Server:
    """A server that answered with this token."""
    with connect(address, token=token, actor=actor, patience=session.patience) as registry:
        next(registry.models(limit=1), None)
        return replace(registry.transport.server, token=token, actor=actor)


def _remove(name: str) -> Server:
    profiles = dict(read_profiles())
    if name not in profiles:
        raise Misconfigured(f"there is no profile {name!r}", hint="`modelyard login --list` tells which there are.")
    server = profiles.pop(name)
    write_profiles(profiles)
    return server


def _document(name: str, server: Server) -> Document:
    return {"profile": name, "address": server.url, "actor": server.actor, "has_token": bool(server.token)}
