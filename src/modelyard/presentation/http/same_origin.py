"""Keeping foreign web pages out, which a browser lets speak in the name of whoever looks at them."""

import re
from collections.abc import Iterable

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from modelyard.domain.errors import ForeignOrigin
from modelyard.presentation.http.problem_details import problem_of

_LOOPBACK = re.compile(rb"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def require_page(request: Request) -> None:
    """Refuse a change that does not say which page asks for it: a browser sends its cookies by itself.

    What it says was looked at by `SameOrigin` before.

    Raises:
        ForeignOrigin: nothing is said.
    """
    if request.method in _SAFE or "sec-fetch-site" in request.headers or "origin" in request.headers:
        return
    raise ForeignOrigin(
        "the request does not say which page it comes from",
        hint="Send it from a page of this server with a browser of these years; programs send a token.",
    )


class SameOrigin:
    """ASGI middleware that refuses with 403 what a browser asks on behalf of pages that are not the registry's.

    - Where the registry asks nobody who they are, `Host` names a loopback address. A page whose own name was pointed at
      127.0.0.1 (DNS rebinding) sends its name.
    - What changes something comes from no page at all, or from a page of this server: by `Sec-Fetch-Site`, or where a
      browser does not send that, by `Origin`. Forms are sent across sites without asking.
    """

    def __init__(self, app: ASGIApp, *, is_loopback_only: bool = True) -> None:
        self._app = app
        self._is_loopback_only = is_loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        reason = self._reason_against(scope["method"], scope["headers"]) if scope["type"] == "http" else ""
        if reason:
            refusal = ForeignOrigin(
                reason, hint="Call the server by http://127.0.0.1 or http://localhost, from no page."
            )
            await problem_of(refusal)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _reason_against(self, method: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        named = dict(headers)
        host = named.get(b"host", b"localhost")
        if self._is_loopback_only and not _LOOPBACK.fullmatch(host):
            return f"the host {host[:100].decode('latin-1')!r} is not this machine"
        if method in _SAFE:
            return ""
        site = named.get(b"sec-fetch-site")
        if site is not None:
            return "" if site in {b"same-origin", b"none"} else "a page of another site asks for a change"
        origin = named.get(b"origin")
        is_own = origin is None or origin.partition(b"://")[2] == host
        return "" if is_own else "a page of another origin asks for a change"
