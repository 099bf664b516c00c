"""The machine's clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """`Clock` by the machine's time."""

    def now(self) -> datetime:
        """The present moment: aware, UTC, whole milliseconds."""
        return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1_000, UTC)  # a third of what `replace` takes
