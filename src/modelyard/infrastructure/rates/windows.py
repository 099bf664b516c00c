"""What counters have in common: rates and windows in the terms of the library that counts."""

import functools
import math
import time

from limits import RateLimitItemPerSecond, WindowStats

from modelyard.domain.access.rate import Allowance, Rate


@functools.lru_cache(maxsize=16)
def item_of(rate: Rate) -> RateLimitItemPerSecond:
    """The rate as the library names it."""
    return RateLimitItemPerSecond(rate.requests, rate.seconds, namespace="modelyard")


def allowance_of(rate: Rate, kind: str, stats: WindowStats, *, is_exceeded: bool) -> Allowance:
    """What is left of a window, and until when it lasts."""
    seconds = math.ceil(stats.reset_time - time.time())
    return Allowance(
        kind=kind,
        rate=rate,
        is_exceeded=is_exceeded,
        remaining=max(stats.remaining, 0),
        reset_seconds=min(max(seconds, 1), rate.seconds),
    )
