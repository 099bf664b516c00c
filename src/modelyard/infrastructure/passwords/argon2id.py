"""Passwords by argon2id."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

R = TypeVar("R")

_AT_ONCE = 2
"""Each takes 64 MiB while it runs; more wait."""


class Argon2PasswordHasher:
    """`PasswordHasher` with the parameters of RFC 9106's second choice: 3 passes over 64 MiB by 4 lanes."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """In a thread."""
        return await self._beside(lambda: _hash(password))

    async def matches(self, kept: str | None, password: str) -> bool:
        """In a thread. Where nothing was kept, against the hash of what nobody knows."""
        if self._nobodys is None:
            self._nobodys = await self.hash(secrets.token_urlsafe())
        against = kept or self._nobodys
        return await self._beside(lambda: _matches(against, password)) and kept is not None

    async def _beside(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _hash(password: str) -> str:
    from argon2 import PasswordHasher  # noqa: PLC0415 - most servers hash no password

    return PasswordHasher().hash(password)


def _matches(kept: str, password: str) -> bool:
    from argon2 import PasswordHasher  # noqa: PLC0415
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415

    try:
        return PasswordHasher().verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
