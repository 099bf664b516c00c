"""Request bodies that stop, or crawl, end with 408."""

import asyncio
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelyard.domain.errors import RequestTimeout


class BodyDeadline:
    """ASGI middleware that bounds how long the application waits for a request body.

    Only time spent waiting for the client counts, so that a slow disk is never the client's fault. Two rules:

    - One wait lasts at most `idle_timeout_seconds`.
    - Of each `idle_timeout_seconds` of waiting, in sum, at least `minimum_bytes_per_second` come on average. The
      rule starts anew each time, so a fast beginning buys no slow end.

    Each is kept to within an eighth of the timeout. A breach raises `RequestTimeout` from `receive`, and the answer
    that follows closes the connection. Requests without a body pass untouched.
    """

    def __init__(self, app: ASGIApp, *, idle_timeout_seconds: float, minimum_bytes_per_second: float = 1024) -> None:
        self._app = app
        self._idle_timeout_seconds = idle_timeout_seconds
        self._minimum_bytes_per_second = minimum_bytes_per_second

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not _has_body(scope["headers"]):
            await self._app(scope, receive, send)
            return
        body = _TimedBody(receive, send, self._idle_timeout_seconds, self._minimum_bytes_per_second)
        try:
            await self._app(scope, body.receive, body.send)
        finally:
            body.stop()


def _has_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    for name, value in headers:
        if name == b"content-length":
            return value != b"0"
        if name == b"transfer-encoding":
            return True
    return False


class _TimedBody:
    """The body of one request, watched by one timer from its first wait to its end."""

    def __init__(
        self, receive: Receive, send: Send, idle_timeout_seconds: float, minimum_bytes_per_second: float
    ) -> None:
        self._receive = receive
        self._send = send
        self._period_seconds = idle_timeout_seconds
        self._minimum_bytes_per_second = minimum_bytes_per_second
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting_task: asyncio.Task[object] | None = None
        self._waiting_since = 0.0
        self._waited_seconds = 0.0  # in this period, the present wait not counted
        self._came_bytes = 0  # in this period
        self._is_complete = False
        self._is_late = False

    async def receive(self) -> Message:
        """The next message, or `RequestTimeout`; once the body is complete, a wait for the disconnect has no end."""
        if self._is_complete:
            return await self._receive()
        if self._is_late:
            raise _too_slow()
        if self._timer is None:
            self._timer = self._loop.call_later(self._period_seconds, self._look)
        message = await self._wait()
        self._came_bytes += len(message.get("body", b""))
        if not message.get("more_body", False):
            self._is_complete = True
            self.stop()
        return message

    async def send(self, message: Message) -> None:
        """Pass on the answer; after a breach it closes the connection, whose remaining bytes nobody wants."""
        if self._is_late and message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        await self._send(message)

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()

    async def _wait(self) -> Message:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # ASGI runs in tasks
        cancellations = task.cancelling()
        self._waiting_task = task
        self._waiting_since = self._loop.time()
        try:
            return await self._receive()
        except asyncio.CancelledError:
            # As asyncio.timeout does: a cancellation of ours becomes an error, another's goes on.
            if self._is_late and task.uncancel() <= cancellations:
                raise _too_slow() from None
            raise
        finally:
            self._waiting_task = None
            self._waited_seconds += self._loop.time() - self._waiting_since

    def _look(self) -> None:
        waiting_seconds = self._loop.time() - self._waiting_since if self._waiting_task is not None else 0.0
        period_seconds = self._waited_seconds + waiting_seconds
        has_period_ended = period_seconds >= self._period_seconds
        is_slow = self._came_bytes < self._minimum_bytes_per_second * period_seconds
        if waiting_seconds >= self._period_seconds or (has_period_ended and is_slow):
            self._is_late = True
            if self._waiting_task is not None:
                self._waiting_task.cancel()
            return
        if has_period_ended:
            self._came_bytes = 0
            self._waited_seconds = -waiting_seconds
            period_seconds = 0.0
        until = self._period_seconds - max(waiting_seconds, period_seconds)
        # While the application is busy the sum does not grow, and a look just before the end would follow another.
        self._timer = self._loop.call_later(max(until, self._period_seconds / 8), self._look)


def _too_slow() -> RequestTimeout:
    return RequestTimeout(
        "the body of the request came too slowly, or stopped",
        hint="Send it again over a better connection; a large file can be sent as a resumable upload.",
    )
