"""How often somebody may call."""

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SECONDS: Final = MappingProxyType({"second": 1, "minute": 60, "hour": 3600, "day": 86400})
_RATE: Final = re.compile(rf"([1-9][0-9]{{0,8}})/({'|'.join(SECONDS)})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """A number of requests in each window of so many seconds."""

    requests: int
    seconds: int

    def __str__(self) -> str:
        return f"{self.requests}/{next(unit for unit, seconds in SECONDS.items() if seconds == self.seconds)}"


def read_rate(text: str) -> Rate | None:
    """The rate that a text such as `600/minute` stands for; None where it is none."""
    match = _RATE.fullmatch(text)
    return None if match is None else Rate(int(match[1]), SECONDS[match[2]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left of a rate. `kind` says of what: requests of an address or account, wrong tokens, sign-ins."""

    kind: str
    rate: Rate
    is_exceeded: bool
    remaining: int
    reset_seconds: int
    """Until the window ends, in whole seconds, rounded up."""
