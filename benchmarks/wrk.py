"""wrk, a load generator in C, which leaves the two cores to the server."""

import re
import shutil
import subprocess
from collections.abc import Mapping

from benchmarks.http_client import LoadFailed

_RATE = re.compile(r"(?m)^Requests/sec:\s+([0-9.]+)$")
_FAILURE = re.compile(r"(?m)^\s*(Socket errors: .*|Non-2xx or 3xx responses: .*)$")


def is_installed() -> bool:
    """Whether wrk is there; Debian has it as a package."""
    return shutil.which("wrk") is not None


def get_rate(url: str, connections: int, seconds: int, headers: Mapping[str, str]) -> float:
    """Requests a second of GET over keep-alive connections.

    Raises:
        LoadFailed: An answer was not good, or none came.
    """
    given = [option for name, value in headers.items() for option in ("--header", f"{name}: {value}")]
    load = ("--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s")
    command = ("wrk", *load, *given, url)
    return parse_rate(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def parse_rate(output: str) -> float:
    """Requests a second, from what wrk prints.

    Raises:
        LoadFailed: It counts a failure, or nothing at all.
    """
    failure = _FAILURE.search(output)
    rate = _RATE.search(output)
    if failure or rate is None or float(rate[1]) == 0:
        raise LoadFailed(failure[1] if failure else f"wrk counted nothing: {output!r}")
    return float(rate[1])
