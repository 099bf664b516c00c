"""`modelyard health`: what a container's health check asks, without a program such as curl beside the server."""

import http.client
import ssl
from contextlib import closing
from typing import Annotated

import typer

from modelyard.bootstrap.commands.options import settings_with
from modelyard.bootstrap.commands.outcome import readable_failures
from modelyard.bootstrap.settings import PREFIX, Settings, ValueNotAllowed
from modelyard.bootstrap.start import CannotStart

_PATIENCE_SECONDS = 4.0
"""Below the five seconds that our containers give the command, so that the reason is printed before they end it."""


def health(
    host: Annotated[str | None, typer.Option(help="Address of the server.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the server.", show_default="8000")] = None,
    is_ready: Annotated[bool, typer.Option("--ready", help="Ask too whether database and store answer.")] = False,
) -> None:
    """Ask the server of the same settings whether it is alive, and exit with 1 when it is not."""
    with readable_failures():
        _ask(settings_with(host=host, port=port), "/ready" if is_ready else "/health")
    typer.echo("ready" if is_ready else "alive")


def _connection(settings: Settings) -> http.client.HTTPConnection:
    if not settings.has_tls:
        return http.client.HTTPConnection(settings.host, settings.port, timeout=_PATIENCE_SECONDS)
    # The question is whether the server answers, and nothing is told to it: its certificate, which is for the name
    # that others call it by, is not looked at.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(settings.host, settings.port, timeout=_PATIENCE_SECONDS, context=context)


def _ask(settings: Settings, path: str) -> None:
    if settings.port == 0:
        raise ValueNotAllowed(f"{PREFIX}PORT", "0", "the port that the server listens on")
    where = f"{settings.host} port {settings.port}"
    with closing(_connection(settings)) as connection:
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read(1000)
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise CannotStart(f"The server on {where} does not answer: {reason}.") from None
    if answer.status != 200:
        said = body.decode("utf-8", "replace")
        raise CannotStart(f"The server on {where} answers {path} with {answer.status}: {said}")
