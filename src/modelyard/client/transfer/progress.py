"""Telling how far a transfer is."""

from typing import Protocol


class Progress(Protocol):
    """Hears of bytes as they are hashed, sent or received; threads may call it at once."""

    def begin(self, what: str, total_bytes: int) -> None:
        """One activity begins, such as `sending`, with so many bytes before it."""

    def advance(self, count_bytes: int) -> None:
        """So many more are done; a negative number takes back what has to be done again."""

    def end(self) -> None:
        """The activity is over, whether it came to its end or not."""


class Silence:
    """`Progress` that nobody watches."""

    def begin(self, what: str, total_bytes: int) -> None:
        """Nothing is told."""

    def advance(self, count_bytes: int) -> None:
        """Nothing is told."""

    def end(self) -> None:
        """Nothing is told."""
