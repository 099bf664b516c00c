"""Counting how requests were answered: by method, route and status, never by anything that a caller wrote."""

import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelyard.application.ports.telemetry import Telemetry

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER: Final = "_OTHER"
"""As OpenTelemetry's conventions call any other method."""


class Counted:
    """ASGI middleware that counts each request once, when its answer has ended or failed.

    The route is its template (`/api/v1/models/{model}`); nothing where there is none, or a request was refused before
    it was looked for. A request without an answer is counted with status 0.
    """

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 0, time.perf_counter()

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_seen)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else _OTHER
            route = getattr(scope.get("route"), "path", "")
            self._telemetry.count(method, route, status, time.perf_counter() - began)
