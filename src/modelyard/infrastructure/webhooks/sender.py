"""Sending a webhook: to an address that was looked up once and checked, in bounded time."""

import asyncio
import re
import socket
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from ipaddress import ip_address
from urllib.parse import urlsplit

from modelyard import __version__
from modelyard.application.ports.clock import Clock
from modelyard.application.ports.webhooks import Outcome, WebhookSecrets
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.webhook import LONGEST_PAUSE, Attempt, WebhookMessage, check_url
from modelyard.domain.webhook_errors import WrongSecretKey
from modelyard.infrastructure.circuit_breaker import CircuitBreaker, CircuitOpen
from modelyard.infrastructure.webhooks.addresses import AddressRefused, Network, Resolver, is_allowed

FAILURES = 5
PAUSE_SECONDS = 60.0
"""A target that did not answer five times in a row is left alone for a minute, however many deliveries wait."""

_ASKERS = 8
_SECONDS = re.compile(rb"[0-9]{1,6}")
_CANNOT = frozenset({429, 500, 502, 503, 504})


async def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, as the system knows them.

    In threads of their own: name servers that do not answer shall hold up nobody but webhooks.
    """
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_askers(), ask)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@cache
def _askers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_ASKERS, thread_name_prefix="modelyard-names")


class HttpWebhookSender:
    """`WebhookSender` on one event loop.

    Args:
        clock: Dates what is sent.
        secrets: Tells what signs it.
        networks: Where may be sent to beside the public internet.
        allows_http: Whether addresses without TLS are taken.
        timeout_seconds: How long a try may take, the looking up included.
        resolver: Gives all addresses of a name.
    """

    def __init__(
        self,
        clock: Clock,
        secrets: WebhookSecrets,
        *,
        networks: Sequence[Network],
        allows_http: bool,
        timeout_seconds: float,
        resolver: Resolver = resolve,
    ) -> None:
        self._clock = clock
        self._secrets = secrets
        self._networks = networks
        self._allows_http = allows_http
        self._timeout_seconds = timeout_seconds
        self._resolver = resolver
        self._breakers: dict[int, CircuitBreaker] = {}

    def check(self, url: str) -> None:
        """By scheme, and by the address where it stands there by itself."""
        check_url(url)
        parts = urlsplit(url)
        if parts.scheme != "https" and not self._allows_http:
            raise _refusal("must begin with https://", "MODELYARD_WEBHOOK_ALLOW_HTTP lets the server take http:// too.")
        host = parts.hostname or ""
        if _is_literal(host) and not is_allowed(host, self._networks):
            raise _refusal(
                f"leads to {host}, which is no address of the public internet",
                "MODELYARD_WEBHOOK_NETWORKS names other networks that may be sent to.",
            )

    async def send(self, message: WebhookMessage) -> Outcome:
        """POST once, unless the target is left alone now."""
        breaker = self._breakers.setdefault(message.webhook_id, CircuitBreaker(FAILURES, PAUSE_SECONDS))
        try:
            breaker.enter()
        except CircuitOpen as error:
            return Outcome(attempt=None, pause_seconds=error.seconds)
        at, began = self._clock.now(), time.monotonic()
        status, pause_seconds, fault = await self._tried(message)
        if status is None or status in _CANNOT:
            breaker.fail()
        else:
            breaker.succeed()
        duration_ms = round((time.monotonic() - began) * 1000)
        return Outcome(
            attempt=Attempt(at=at, duration_ms=duration_ms, status=status, error=fault), pause_seconds=pause_seconds
        )

    def _headers_of(self, message: WebhookMessage) -> dict[str, str]:
        signed = replace(message, secret=self._secrets.secret_of(message.secret))
        return {
            "Host": urlsplit(message.url).netloc,
            "Content-Type": "application/json",
            "User-Agent": f"modelyard/{__version__}",
            **signed.headers(self._clock.now()),
        }

    async def _tried(self, message: WebhookMessage) -> tuple[int | None, float, str]:
        """The status, the pause that was asked for, and what went wrong."""
        # Nobody shall pay for the client who has no webhook.
        from modelyard.infrastructure.webhooks.transport import FAULTS, CheckedNetwork, post  # noqa: PLC0415

        try:
            headers = self._headers_of(message)
            async with asyncio.timeout(self._timeout_seconds):
                network = CheckedNetwork(self._networks, self._resolver)
                status, answered = await post(message.url, headers, message.body, network)
        except TimeoutError:
            return None, 0.0, f"no answer within {self._timeout_seconds:g} seconds"
        except (AddressRefused, WrongSecretKey) as error:
            return None, 0.0, str(error)
        except FAULTS as error:
            return None, 0.0, f"{type(error).__name__}: {error}"[:300]
        return status, _retry_after(answered), "" if 200 <= status < 300 else f"the receiver answered {status}"


def _retry_after(headers: Mapping[bytes, bytes]) -> float:
    """Seconds; a date is passed over."""
    value = headers.get(b"retry-after", b"")
    return min(float(value), LONGEST_PAUSE.total_seconds()) if _SECONDS.fullmatch(value) else 0.0


def _refusal(message: str, hint: str) -> InvalidInput:
    return InvalidInput(f"url {message}", hint=hint, errors=[FieldError(pointer="/url", message=message)])


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
