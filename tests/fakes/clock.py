"""A clock that tests set."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 31, 12, 0, 0, 5000, tzinfo=UTC)


class FixedClock:
    """`Clock` that stands still until it is moved."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def advance(self, **span: float) -> datetime:
        """Move on by a span as `timedelta` takes it; returns the new present."""
        self.moment += timedelta(**span)
        return self.moment
