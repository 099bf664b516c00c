import pytest

from modelyard.application.services.limiting import site_of
from modelyard.domain.access.rate import Rate, read_rate

RATES = {
    "600/minute": Rate(600, 60),
    "1/second": Rate(1, 1),
    "36000/hour": Rate(36_000, 3600),
    "999999999/day": Rate(999_999_999, 86_400),
}
SITES = {
    "127.0.0.1": "127.0.0.1",
    "::ffff:127.0.0.1": "127.0.0.1",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
    "2001:db8:1:2::": "2001:db8:1:2::/64",
    "::1": "::/64",
    "a name": "a name",
    "": "",
}


@pytest.mark.parametrize(("text", "rate"), RATES.items())
def test_a_rate_reads_as_it_is_written(text: str, rate: Rate) -> None:
    assert read_rate(text) == rate
    assert str(rate) == text


@pytest.mark.parametrize(
    "text",
    ["", "0/minute", "-1/minute", "600", "600/", "600/week", "6e2/minute", "600 / minute", "\u0661/minute", "1/MINUTE"],
)
def test_what_is_no_rate_is_none(text: str) -> None:
    assert read_rate(text) is None


@pytest.mark.parametrize(("address", "site"), SITES.items())
def test_an_address_counts_with_those_that_its_owner_has_too(address: str, site: str) -> None:
    assert site_of(address) == site
