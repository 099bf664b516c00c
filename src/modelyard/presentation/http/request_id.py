"""The id of a request: taken from the caller or made here, on every answer, on every log record, in the access log.

Requests are counted here too: another layer for that would cost each request as much as the counting.
"""

import itertools
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelyard.application.ports.telemetry import Telemetry
from modelyard.presentation.http.telemetry import count_request

HEADER = b"x-request-id"

request_id_var: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that the present task works for, "-" outside of requests."""

_VALID = re.compile(rb"[A-Za-z0-9._-]{1,100}")
_access = logging.getLogger("modelyard.access")


def request_ids() -> Callable[[], str]:
    """A source of ids that are unique to this process and, by 64 random bits drawn once, among processes.

    A counter follows the random part: an id costs a fifth of a random one, and sorts by time within a process. An id
    is a name for a request in logs, never a secret.
    """
    prefix = secrets.token_hex(8)
    numbers = itertools.count(1)
    return lambda: f"{prefix}-{next(numbers):x}"


class RequestId:
    """ASGI middleware, the outermost, that names each request.

    The caller's X-Request-Id is kept when it has 1 to 100 letters, digits, dots, underscores or hyphens; a longer or
    stranger one, which could forge log lines, is replaced. The id stands in the answer's X-Request-Id, in
    `scope["state"]["request_id"]` and in `request_id_var`. While the logger `modelyard.access` is enabled for INFO,
    each request is logged on it once, when its answer has ended or failed; and then it is counted.
    """

    def __init__(self, app: ASGIApp, telemetry: Telemetry, *, new_request_id: Callable[[], str] | None = None) -> None:
        self._app = app
        self._telemetry = telemetry
        self._new_request_id = new_request_id or request_ids()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _callers_id(scope) or self._new_request_id()
        encoded = request_id.encode("ascii")
        scope.setdefault("state", {})["request_id"] = request_id
        status = size_bytes = 0
        began = time.perf_counter()

        async def send_named(message: Message) -> None:
            nonlocal status, size_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, encoded)]
            else:
                size_bytes += len(message.get("body", b""))
            await send(message)

        token = request_id_var.set(request_id)
        try:
            await self._app(scope, receive, send_named)
        finally:
            if _access.isEnabledFor(logging.INFO):
                _log(scope, status, size_bytes, began)
            count_request(self._telemetry, scope, status, began)
        # Not in a `finally`: after a failure the id stays, so that the server's record of the exception carries it.
        request_id_var.reset(token)


def log_refusal(request_id: str, status: int, reason: str) -> None:
    """Log an answer that was given before there was a request to name, beside those of requests."""
    _access.info("refused with %d: %s", status, reason, extra={"request_id": request_id, "status": status})


def _callers_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == HEADER:
            return value.decode("ascii") if _VALID.fullmatch(value) else None
    return None


def _log(scope: Scope, status: int, size_bytes: int, began: float) -> None:
    """Log a request that has ended; one without an answer has status 0."""
    # The raw path is ASCII without control characters; the decoded one could break a log line. The query is left out,
    # since it may hold what people search for.
    path = scope.get("raw_path", b"-").decode("ascii", "backslashreplace")
    duration_ms = round((time.perf_counter() - began) * 1000, 3)
    fields = {
        "request_id": request_id_var.get(),
        "method": scope["method"],
        "path": path,
        "status": status,
        "duration_ms": duration_ms,
        "bytes": size_bytes,
    }
    _access.info("%s %s %d in %s ms, %d bytes", scope["method"], path, status, duration_ms, size_bytes, extra=fields)
