"""Where webhooks may be sent to, whatever name leads there."""

from ipaddress import ip_network

import pytest

from modelyard.infrastructure.webhooks.addresses import AddressRefused, is_allowed, require_allowed

REFUSED = [
    *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),  # noqa: S104
    *("100.64.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1"),
    *("255.255.255.255", "192.0.0.8", "192.88.99.1", "::", "::1", "fe80::1", "fe80::1%1", "fc00::1", "fd12::1"),
    *("fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1", "2001::1", "2001:db8::1", "3fff::1"),
    *("100::1", "5f00::1"),
]


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not is_allowed(address, [])


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"])
def test_the_public_internet_is_allowed(address: str) -> None:
    assert is_allowed(address, [])


def test_a_named_network_is_allowed_and_no_more() -> None:
    networks = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]

    assert is_allowed("10.1.2.3", networks)
    assert is_allowed("fd00::5", networks)
    assert not is_allowed("127.0.0.1", networks)
    assert not is_allowed("::ffff:10.1.2.3", networks)


def test_one_bad_address_among_good_ones_refuses_the_name() -> None:
    with pytest.raises(AddressRefused, match=r"rebind\.example leads to an address that is not"):
        require_allowed("rebind.example", ["8.8.8.8", "127.0.0.1"], [])
    with pytest.raises(AddressRefused, match="no address"):
        require_allowed("nothing.example", [], [])
