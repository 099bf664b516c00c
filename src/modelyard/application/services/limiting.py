"""Limits of requests: by address, by account, and of failures to sign in."""

import ipaddress
from dataclasses import dataclass

from modelyard.application.ports.rates import RateCounter
from modelyard.domain.access.rate import Allowance, Rate
from modelyard.domain.access_errors import TooManyRequests

_IPV6_SITE = 64
"""The bits of an IPv6 address that name a site: whoever has one has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How often one may call; a rate that is None is no limit."""

    counter: RateCounter
    of_address: Rate | None = None
    of_account: Rate | None = None
    of_failures: Rate | None = None

    async def count_address(self, address: str) -> Allowance | None:
        """Count a request from an address."""
        if self.of_address is None:
            return None
        return await self.counter.count(self.of_address, "address", site_of(address))

    async def count_account(self, name: str) -> Allowance | None:
        """Count a request of an account."""
        return None if self.of_account is None else await self.counter.count(self.of_account, "account", name)

    async def count_wrong_token(self, address: str) -> None:
        """Count a wrong token.

        Raises:
            TooManyRequests: the address has sent too many.
        """
        await self._count_try("tokens", address)

    async def count_sign_in(self, address: str) -> None:
        """Count a try to sign in, before anything is looked at: tries that come at once do not slip through.

        Apart from wrong tokens: a program that goes on with an old one keeps nobody from signing in beside it.

        Raises:
            TooManyRequests: the address has tried too often.
        """
        await self._count_try("sign-ins", address)

    async def _count_try(self, kind: str, address: str) -> None:
        if self.of_failures is not None:
            refuse_exceeded(await self.counter.count(self.of_failures, kind, site_of(address)))


def refuse_exceeded(allowance: Allowance) -> None:
    """Refuse what is beyond an allowance.

    Raises:
        TooManyRequests: it is.
    """
    if allowance.is_exceeded:
        raise TooManyRequests(
            f"more than {allowance.rate} ({allowance.kind})",
            hint=f"Try again in {allowance.reset_seconds} seconds.",
            details={"retry_after_seconds": allowance.reset_seconds},
        )


def site_of(address: str) -> str:
    """What is counted as one caller: an IPv4 address, however it is written, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> _IPV6_SITE << _IPV6_SITE, _IPV6_SITE)))
