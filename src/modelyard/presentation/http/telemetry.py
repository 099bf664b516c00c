"""Counting how requests were answered: by method, route and status, never by anything that a caller wrote."""

import time
from typing import Final

from starlette.types import Scope

from modelyard.application.ports.telemetry import Telemetry

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER: Final = "_OTHER"
"""As OpenTelemetry's conventions call any other method."""


def count_request(telemetry: Telemetry, scope: Scope, status: int, began: float) -> None:
    """Count a request whose answer has ended or failed, since `began` on the counter of performance.

    The route is its template (`/api/v1/models/{model}`); nothing where there is none, or a request was refused before
    it was looked for. A request without an answer has status 0.
    """
    method = scope["method"] if scope["method"] in _METHODS else _OTHER
    route = scope.get("route")
    telemetry.count(method, "" if route is None else route.path, status, time.perf_counter() - began)
