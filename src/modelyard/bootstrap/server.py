"""The server: one application on one socket, from the checks before it to the end of its last request."""

import gc
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from modelyard.bootstrap.data_folder import locked_data_folder
from modelyard.bootstrap.ending import EndingServer
from modelyard.bootstrap.logs import configure_logging
from modelyard.bootstrap.settings import Settings
from modelyard.bootstrap.start import CannotStart, allow_many_files, listen, url_of
from modelyard.bootstrap.workers import Workers
from modelyard.infrastructure.telemetry.shared_folder import counting_together
from modelyard.presentation.http.protocol import bounded_protocol

# Longer than the 60 seconds for which proxies and connection pools usually keep an idle connection: the side that
# sends the next request should be the one that closes.
_KEEP_ALIVE_SECONDS = 65


def run_server(
    settings: Settings, *, create_app: Callable[[Settings], ASGIApp], announce: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT, in as many processes as the settings say, then finish running requests and return.

    Running requests get `shutdown_timeout_seconds`, then they are cancelled; the application's lifespan ends after
    them. A second SIGINT ends at once, without the lifespan.

    Args:
        settings: What `check_start` has let pass.
        create_app: Makes the application, once everything else is known to work.
        announce: Takes one line with the address, as soon as the socket queues up connections.

    Raises:
        ValueNotAllowed: The address is one that others reach, and nobody is asked who they are.
        CannotStart: The folder is in use, the port is taken, or the application fails to start.
    """
    with (
        locked_data_folder(settings.data_dir, is_shared=settings.is_shared),
        listen(settings.host, settings.port, has_auth=settings.has_auth) as listener,
        counting_together(settings.workers),
    ):
        url = url_of(listener, has_tls=settings.has_tls)
        announce(f"Modelyard listens on {url} (data in {settings.data_dir}; {_access_of(settings)})")
        configure_logging(settings)
        allow_many_files()
        app = create_app(settings)
        _spare_the_collector()
        if settings.workers == 1:
            _serve(settings, app, listener)
        else:
            Workers(settings.workers, lambda: _serve(settings, app, listener), listener).run()


def _serve(settings: Settings, app: ASGIApp, listener: socket.socket) -> None:
    server = EndingServer(_config(settings, app), is_alone=settings.workers == 1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        server.run(sockets=[listener])
    except SystemExit as end:
        if end.code:
            raise CannotStart("The application could not start; the log above says why.") from None


def _access_of(settings: Settings) -> str:
    if settings.has_auth:
        return "whoever has a token may do what its account was granted"
    return "no authentication, so only this machine can connect"


def _spare_the_collector() -> None:
    """What is there by now stays until the end: the garbage collector need not look at it with every full run.

    And it runs seldom: requests leave few cycles, and at its default of 700 new objects it takes a tenth of the time of
    a registration.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _config(settings: Settings, app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app=app,
        interface="asgi3",
        loop="uvloop",
        http=bounded_protocol(
            header_timeout_seconds=settings.header_timeout_seconds, max_header_bytes=settings.max_header_bytes
        ),
        ws="none",
        lifespan="on",
        workers=1,  # those of the settings are ours
        log_config=None,
        access_log=False,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
        server_header=False,
        date_header=True,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
    )


def _end(_number: int, _frame: FrameType | None) -> None:
    # uvicorn puts its own handlers in place of this one, and raises the signals that it got again once it has shut
    # down. The default would then kill the process, or print a traceback, after a perfectly good end.
    raise SystemExit(0)
