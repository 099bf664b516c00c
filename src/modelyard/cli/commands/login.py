"""`modelyard login`."""

import socket
import sys
from dataclasses import replace
from typing import Annotated

import typer

from modelyard.cli.client_command import client_command
from modelyard.cli.output import columns
from modelyard.cli.session import Session
from modelyard.client.access_refusals import Unauthenticated
from modelyard.client.answers import Document
from modelyard.client.connection import connect
from modelyard.client.failures import Misconfigured
from modelyard.client.server import DEFAULT_PROFILE, Server, read_profiles, write_profiles
from modelyard.client.signing_in import await_token, begin_device_sign_in, exchange_identity_token

COLUMNS = columns("profile", "address", "actor", "has_token")


Address = Annotated[str | None, typer.Argument(metavar="ADDRESS", help="Address of the registry.")]
ActorName = Annotated[
    str | None, typer.Option(help="The name that stands in the history, where no token says who you are.")
]
WithToken = Annotated[bool, typer.Option("--with-token", help="Read the token from standard input.")]
ByBrowser = Annotated[bool, typer.Option("--browser", help="Get a token by a browser, here or elsewhere.")]
WithIdentity = Annotated[
    bool,
    typer.Option("--with-identity-token", help="Read a token of a CI system or cluster, and exchange it for one."),
]
Service = Annotated[str, typer.Option(help="As which service, where the identity token is good for several.")]
Scopes = Annotated[
    str, typer.Option(help="What the browser's token may be used for, after spaces; without: read write promote.")
]
IsList = Annotated[bool, typer.Option("--list", help="List the profiles.")]
IsRemoved = Annotated[bool, typer.Option("--remove", help="Forget the profile.")]


@client_command
def login(  # noqa: PLR0917 - options
    session: Session,
    address: Address = None,
    actor: ActorName = None,
    with_token: WithToken = False,
    is_by_browser: ByBrowser = False,
    with_identity_token: WithIdentity = False,
    service: Service = "",
    scopes: Scopes = "",
    is_list: IsList = False,
    is_removed: IsRemoved = False,
) -> None:
    """Remember a registry and who you are there, as the profile `default` or as the one that --profile names.

    Address and token are tried first. On a terminal you are asked for a token; leave it empty to sign in by a browser,
    or where none is needed.
    """
    name = session.profile or DEFAULT_PROFILE
    if is_list:
        found = [_document(name, server) for name, server in sorted(read_profiles().items())]
        session.list(found, COLUMNS, empty="There are no profiles.")
    elif is_removed:
        server = _remove(name)
        session.show(_document(name, server), COLUMNS, f"The profile {name} is removed.")
    else:
        place = address or session.url
        if with_identity_token:
            server = _exchanged(session, place, service)
        elif is_by_browser:
            server = _by_browser(session, place, scopes)
        else:
            server = _by_token(session, place, actor or "", scopes, with_token=with_token)
        path = write_profiles({**read_profiles(), name: server})
        session.show(_document(name, server), COLUMNS, f"{server.url} answers. Kept as profile {name} in {path}.")


def _by_token(session: Session, address: str | None, actor: str, scopes: str, *, with_token: bool) -> Server:
    """By a token that is given; without one by the browser, where the registry asks and somebody is there to answer."""
    token = _piped() if with_token else _asked() if sys.stdin.isatty() else ""
    try:
        return _tried(session, address, token, actor)
    except Unauthenticated:
        if token or not sys.stdin.isatty():
            raise
        return _by_browser(session, address, scopes)


def _by_browser(session: Session, address: str | None, scopes: str) -> Server:
    with connect(address, token="", patience=session.patience) as registry:
        codes = begin_device_sign_in(registry.transport, f"modelyard on {socket.gethostname()}"[:100], scopes)
        typer.echo(f"Open {codes.verification_uri_complete}\nand compare the code: {codes.user_code}", err=True)
        token = await_token(registry.transport, codes)
    return _tried(session, address, token, "")


def _exchanged(session: Session, address: str | None, service: str) -> Server:
    with connect(address, token="", patience=session.patience) as registry:
        token = exchange_identity_token(registry.transport, _piped(), service)
    return _tried(session, address, token, "")


def _piped() -> str:
    token = sys.stdin.readline().strip()
    if not token:
        raise Misconfigured("there is no token on standard input")
    return token


def _asked() -> str:
    asked = typer.prompt(
        "Token (empty for the browser, or none)", default="", hide_input=True, show_default=False, err=True
    )
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
