"""Where it is counted how the server answers."""

from typing import Protocol


class Telemetry(Protocol):
    """Counts requests, and tells of all of them together, whichever process of the server answered them."""

    @property
    def media_type(self) -> str:
        """Of what `exposition` gives."""

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one that has ended.

        None of the first three may be what a caller made up: each combination is kept for ever.
        """

    def exposition(self) -> bytes:
        """All that was counted; it may read files."""
