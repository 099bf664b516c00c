"""A deadline that costs nothing to move."""

import asyncio
from collections.abc import Callable


class Deadline:
    """A moment after which something happens, unless it is moved or lifted before.

    Moving or lifting it sets the attribute `at` (in the loop's time; None means lifted) and no timer. One timer looks
    every `period_seconds`, and exactly at a deadline that it knows of; so a deadline is kept to the moment as long as
    it is set at least `period_seconds` ahead.
    """

    __slots__ = ("_expire", "_loop", "_period_seconds", "_timer", "at")

    def __init__(self, loop: asyncio.AbstractEventLoop, period_seconds: float, expire: Callable[[], None]) -> None:
        self._loop = loop
        self._period_seconds = period_seconds
        self._expire = expire
        self._timer: asyncio.TimerHandle | None = None
        self.at: float | None = None

    def start(self, seconds: float) -> None:
        """Set the deadline, however near, and begin or go on to look at it."""
        self._cancel()
        self.at = self._loop.time() + seconds
        self._timer = self._loop.call_at(self.at, self._look)

    def end(self) -> None:
        """Look no more, for good, and let go of what would have happened: it leads back to the owner of this object."""
        self._cancel()
        self._expire = _nothing

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        now = self._loop.time()
        if self.at is not None and self.at <= now:
            self._expire()
        else:
            self._timer = self._loop.call_at(self.at or now + self._period_seconds, self._look)


def _nothing() -> None:
    pass
