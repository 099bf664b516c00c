"""The machine's clock."""

from datetime import UTC, datetime


class SystemClock:
    """`Clock` by the machine's time."""

    def now(self) -> datetime:
        """The present moment: aware, UTC, whole milliseconds."""
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)
