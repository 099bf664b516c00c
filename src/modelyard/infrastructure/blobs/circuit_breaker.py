"""A dead store answers at once, instead of after every timeout."""

import time
from collections.abc import Callable

from modelyard.domain.errors import StorageUnavailable

_FAILURES = 3
_PAUSE_SECONDS = 5.0


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
            StorageUnavailable: too many have failed, and the pause is not over.
        """
        if self._failed_count < self._failures:
            return
        if self._now() < self._closed_until:
            raise StorageUnavailable("the object store does not answer; it is tried again in a few seconds")
        self._closed_until = self._now() + self._pause_seconds

    def succeed(self) -> None:
        """The store has answered, be it with a refusal: everyone may call again."""
        self._failed_count = 0

    def fail(self) -> None:
        """The store did not answer, or answered that it cannot."""
        self._failed_count += 1
        if self._failed_count >= self._failures:
            self._closed_until = self._now() + self._pause_seconds
