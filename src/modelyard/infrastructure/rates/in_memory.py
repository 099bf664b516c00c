"""Counters of one process, in its memory."""

from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from modelyard.domain.access.rate import Allowance, Rate
from modelyard.infrastructure.rates.windows import allowance_of, item_of


class InMemoryRateCounter:
    """`RateCounter` that knows only the requests of its own process."""

    def __init__(self) -> None:
        self._windows = FixedWindowRateLimiter(MemoryStorage())

    async def count(self, rate: Rate, kind: str, key: str) -> Allowance:
        """Without waiting for anything."""
        item = item_of(rate)
        is_within = self._windows.hit(item, kind, key)
        return allowance_of(rate, kind, self._windows.get_window_stats(item, kind, key), is_exceeded=not is_within)

    async def close(self) -> None:
        """Nothing is held."""
