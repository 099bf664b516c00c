"""What time it is."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time that stands in records and events."""

    def now(self) -> datetime:
        """The present moment: aware, UTC, whole milliseconds."""
