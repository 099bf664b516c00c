"""How passwords are kept."""

from typing import Protocol


class PasswordHasher(Protocol):
    """Turns passwords into what may be kept. It is slow on purpose, and runs beside the event loop, few at a time."""

    async def hash(self, password: str) -> str:
        """What to keep; different each time."""

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether it is the password of what was kept. Without any, no: at the same cost."""
