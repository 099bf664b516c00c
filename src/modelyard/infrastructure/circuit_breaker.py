"""Who does not answer is left alone for a while, instead of being waited for by every call."""

import time
from collections.abc import Callable

_FAILURES = 3
_PAUSE_SECONDS = 5.0


class CircuitOpen(Exception):
    """Too many calls have failed in a row; in so many seconds one is let pass again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"left alone for {seconds:.1f} seconds more")
        self.seconds = seconds


class CircuitBreaker:
    """Refuses calls for a few seconds after several in a row have failed; then one call tries, for all others.

    Belongs to one event loop.
    """

    def __init__(
        self,
        failures: int = _FAILURES,
        pause_seconds: float = _PAUSE_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures = failures
        self._pause_seconds = pause_seconds
        self._now = now
        self._failed_count = 0
        self._closed_until = 0.0

    def enter(self) -> None:
        """Let a call begin. Of the calls that come after the pause the first one passes, the others go on waiting.

        Raises:
            CircuitOpen: too many have failed, and the pause is not over.
        """
        if self._failed_count < self._failures:
            return
        now = self._now()
        if now < self._closed_until:
            raise CircuitOpen(self._closed_until - now)
        self._closed_until = now + self._pause_seconds

    def succeed(self) -> None:
        """There was an answer, be it a refusal: everyone may call again."""
        self._failed_count = 0

    def fail(self) -> None:
        """There was no answer, or the one that it cannot."""
        self._failed_count += 1
        if self._failed_count >= self._failures:
            self._closed_until = self._now() + self._pause_seconds
