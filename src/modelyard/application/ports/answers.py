"""Answers remembered by idempotency key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it was first given."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedAnswer:
    """An answer and the fingerprint of the request that it was given to."""

    fingerprint: str
    answer: Answer


class Answers(Protocol):
    """What was answered to whom under which key, within one transaction."""

    def find(self, principal: str, key: str, *, at: datetime) -> RememberedAnswer | None:
        """The remembered answer, if it has not expired."""

    def remember(
        self, principal: str, key: str, remembered: RememberedAnswer, *, at: datetime, expires_at: datetime
    ) -> None:
        """Keep an answer; some that have expired go.

        Raises:
            IdempotencyConflict: another transaction remembered one under this key first.
        """

    def expired(self, *, at: datetime) -> int:
        """How many have expired."""

    def expire(self, *, at: datetime, limit: int) -> int:
        """Drop answers that have expired, the oldest first; returns how many."""
