"""`modelyard serve`."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from modelyard.bootstrap.commands.db import check_database
from modelyard.bootstrap.commands.options import DataDir, settings_with
from modelyard.bootstrap.commands.outcome import readable_failures
from modelyard.bootstrap.settings import Settings
from modelyard.bootstrap.start import check_start


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 takes a free one.", show_default="8000")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate and chain, in PEM.", show_default="none")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key, in PEM.", show_default="none")] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes.", show_default="1")] = None,
    data_dir: DataDir = None,
) -> None:
    """Serve the registry over HTTP until the process is stopped.

    The options stand above the variables MODELYARD_HOST, MODELYARD_PORT, MODELYARD_TLS_CERT, MODELYARD_TLS_KEY,
    MODELYARD_WORKERS and MODELYARD_DATA_DIR.
    """
    with readable_failures():
        settings = settings_with(
            host=host, port=port, tls_cert=tls_cert, tls_key=tls_key, workers=workers, data_dir=data_dir
        )
        check_start(settings)
        if settings.is_shared:
            check_database(settings)

        from modelyard.bootstrap.server import run_server

        run_server(settings, create_app=_create_app, announce=_announce)


def _create_app(settings: Settings) -> Callable[..., Awaitable[None]]:
    # The application takes longest to import: by now the folder and the port are known to be free.
    from modelyard.bootstrap.asgi import create_app

    return create_app(settings)


def _announce(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # flushed, for programs that wait for the address
