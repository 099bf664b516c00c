"""One POST to a checked address. Imported with the first webhook that is sent: the client takes time and memory."""

import functools
import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import httpcore

from modelyard.infrastructure.webhooks.addresses import Network, Resolver, require_allowed

FAULTS = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError)
"""What can go wrong on the way."""


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to names by looking them up once, checking all that is found, and going to one of those."""

    def __init__(self, networks: Sequence[Network], resolver: Resolver) -> None:
        self._networks = networks
        self._resolver = resolver
        self._beneath = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as the interface has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The name stays that of the request, for `Host` and TLS.

        Raises:
            AddressRefused: the name leads to an address that nothing is sent to.
        """
        found = await self._resolver(host.strip("[]"), port)
        require_allowed(host, found, self._networks)
        for address in found[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._beneath.connect_tcp(address, port, timeout, local_address, socket_options)
        return await self._beneath.connect_tcp(found[-1], port, timeout, local_address, socket_options)


async def post(
    url: str, headers: Mapping[str, str], body: bytes, network: CheckedNetwork
) -> tuple[int, Mapping[bytes, bytes]]:
    """Status and headers (in lower case) of the answer, of which nothing else is read.

    The connection is its own, so the address that was checked is the one that is used. Redirects are answers like any
    other, and proxies of the environment are not asked.
    """
    encoded = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    async with (
        httpcore.AsyncConnectionPool(ssl_context=_tls(), network_backend=network, max_keepalive_connections=0) as pool,
        pool.stream("POST", url, headers=encoded, content=body) as response,
    ):
        return response.status, {name.lower(): value for name, value in response.headers}


@functools.cache
def _tls() -> ssl.SSLContext:
    """With the authorities that the system trusts; reading them takes a while."""
    return ssl.create_default_context()
