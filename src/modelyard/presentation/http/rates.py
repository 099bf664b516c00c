"""Limits of requests as HTTP tells them: 429, and what is left in `RateLimit` and `RateLimit-Policy`."""

from collections.abc import Iterable
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelyard.application.services.limiting import Limits, refuse_exceeded
from modelyard.domain.access.rate import Allowance
from modelyard.domain.access_errors import TooManyRequests
from modelyard.presentation.http.problem_details import problem_of

_STATE: Final = "allowances"
_PROBES: Final = frozenset({"/health", "/ready", "/metrics"})
"""Whoever watches the server asks for these, and would take a refusal for a fault."""


class RateLimited:
    """ASGI middleware that counts requests by address, and tells with each answer what is left.

    The headers are those of draft-ietf-httpapi-ratelimit-headers-10: `"address";q=100;w=60` is the policy, 100 requests
    in each window of 60 seconds, and `"address";r=99;t=60` what is left of it, and the seconds until it begins anew.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http" or scope["path"] in _PROBES:
            await self._app(scope, receive, send)
            return
        allowances: list[Allowance] = []
        scope.setdefault("state", {})[_STATE] = allowances

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start" and allowances:
                message["headers"] = [*message.get("headers", ()), *_headers_of(allowances)]
            await send(message)

        try:
            of_address = await self._limits.count_address(address_of(scope))
            if of_address is not None:
                allowances.append(of_address)
                refuse_exceeded(of_address)
        except TooManyRequests as refusal:
            await problem_of(refusal)(scope, receive, send_told)
        else:
            await self._app(scope, receive, send_told)


async def count_account(request: Request, limits: Limits, name: str) -> None:
    """Count a request of an account, and tell with its answer what is left; those who watch the server are not counted.

    Raises:
        TooManyRequests: it calls too often.
    """
    if request.scope["path"] in _PROBES:
        return
    allowance = await limits.count_account(name)
    if allowance is not None:
        request.scope["state"][_STATE].append(allowance)
        refuse_exceeded(allowance)


def address_of(scope: Scope) -> str:
    """Where the request comes from: as the connection says, or a proxy that is trusted; nothing for a local socket."""
    client = scope.get("client")
    return client[0] if client else ""


def _headers_of(allowances: Iterable[Allowance]) -> Iterable[tuple[bytes, bytes]]:
    policies = [f'"{one.kind}";q={one.rate.requests};w={one.rate.seconds}' for one in allowances]
    left = [f'"{one.kind}";r={one.remaining};t={one.reset_seconds}' for one in allowances]
    yield b"ratelimit-policy", ", ".join(policies).encode()
    yield b"ratelimit", ", ".join(left).encode()
