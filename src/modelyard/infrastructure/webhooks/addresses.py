"""To which addresses may be sent, whatever name leads to them."""

from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host, which it may be asked with a port."""

_NEVER: Sequence[Network] = [
    ip_network(text)
    for text in (
        *("::ffff:0:0/96", "::/96"),  # IPv4 inside IPv6
        *("64:ff9b::/96", "64:ff9b:1::/48"),  # NAT64
        *("2002::/16", "192.88.99.0/24"),  # 6to4
        "2001::/32",  # Teredo
        "fec0::/10",  # site-local, of old
        *("192.0.0.0/24", "2001:db8::/32", "3fff::/20", "5f00::/16"),
    )
]
"""Beside what Python calls not global: addresses that lead to others, and some that its tables do not hold yet."""


class AddressRefused(Exception):
    """Nothing is sent there."""


def is_allowed(text: str, networks: Sequence[Network]) -> bool:
    """Whether an address is one of the public internet, or in a network that the operator has named."""
    address = ip_address(text)
    if any(address in network for network in networks if network.version == address.version):
        return True
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast


def require_allowed(host: str, found: Sequence[str], networks: Sequence[Network]) -> None:
    """Let pass a name none of whose addresses is refused.

    Which address that is, is not told: names of an inner network are nobody's business who can set a webhook.

    Raises:
        AddressRefused: one is, or there is none.
    """
    if not found:
        raise AddressRefused(f"{host} has no address")
    for text in found:
        if not is_allowed(text, networks):
            raise AddressRefused(f"{host} leads to an address that is not of the public internet")
