"""Where requests are counted."""

from typing import Protocol

from modelyard.domain.access.rate import Allowance, Rate


class RateCounter(Protocol):
    """Counts in windows of fixed length, each of which begins with the first request after the one before it."""

    async def count(self, rate: Rate, kind: str, key: str) -> Allowance:
        """Count one more; it is exceeded where more have come in this window than the rate lets through.

        It never raises: where the place of the counters cannot be reached, this process counts for itself.
        """

    async def close(self) -> None:
        """Let go of connections."""
