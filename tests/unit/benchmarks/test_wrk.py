import pytest

from benchmarks.http_client import LoadFailed
from benchmarks.wrk import parse_rate

OUTPUT = """\
Running 3s test @ http://127.0.0.1:8911/health
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     5.22ms    2.90ms  70.96ms   93.38%
    Req/Sec     6.33k   347.59     6.94k    73.33%
  18956 requests in 3.01s, 2.89MB read
Requests/sec:   6296.26
Transfer/sec:      0.96MB
"""
COUNTED = "2.89MB read\n"


def test_the_rate_is_read() -> None:
    assert parse_rate(OUTPUT) == 6296.26


@pytest.mark.parametrize(
    "failure",
    [
        "Non-2xx or 3xx responses: 3",
        "Socket errors: connect 0, read 12, write 0, timeout 0",
        "Socket errors: connect 0, read 0, write 0, timeout 4",
    ],
)
def test_a_rate_of_failures_is_no_rate(failure: str) -> None:
    with pytest.raises(LoadFailed, match=failure):
        parse_rate(OUTPUT.replace(COUNTED, f"{COUNTED}  {failure}\n"))


def test_nothing_counted_is_a_failure() -> None:
    with pytest.raises(LoadFailed, match="counted nothing"):
        parse_rate(OUTPUT.replace("6296.26", "0.00"))
    with pytest.raises(LoadFailed, match="counted nothing"):
        parse_rate("")
