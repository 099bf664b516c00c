"""GET at full speed, by wrk where it is installed, else by our own client; by the same for both sides of a ratio."""

import itertools
from collections.abc import Mapping
from types import MappingProxyType

from benchmarks import wrk
from benchmarks.http_client import Exchanges, LoadFailed, drive_for, encode_request

CONNECTIONS = 32
_NONE: Mapping[str, str] = MappingProxyType({})


def get_rate(port: int, path: str, seconds: int, headers: Mapping[str, str] = _NONE) -> float:
    """Requests a second of GET over 32 keep-alive connections.

    Raises:
        LoadFailed: An answer was not 200, or none came.
    """
    if wrk.is_installed():
        return wrk.get_rate(f"http://127.0.0.1:{port}{path}", CONNECTIONS, seconds, headers)
    requests = itertools.repeat(encode_request("GET", path, headers=headers))
    return checked(drive_for(seconds, port, CONNECTIONS, requests), 200).rate


def checked(exchanges: Exchanges, status: int) -> Exchanges:
    """The exchanges, once every answer is known to have this status.

    Raises:
        LoadFailed: One has another, or there is none.
    """
    if set(exchanges.statuses) != {status}:
        counts = ", ".join(f"{number} of status {other}" for other, number in sorted(exchanges.statuses.items()))
        raise LoadFailed(f"answers: {counts or 'none'}; all should have status {status}")
    return exchanges
