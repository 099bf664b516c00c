"""Answers that are given again while nothing has changed."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from modelyard.application.ports.versions import StoredFile

ENTRY_BYTES = 1024
"""What an answer takes beside its body, roughly."""


class _HasBody(Protocol):
    @property
    def body(self) -> bytes: ...


T = TypeVar("T", bound=_HasBody)


@dataclass(frozen=True, slots=True)
class RecentAnswer:
    """A document as it is sent, and the tag of the state that it shows."""

    tag: str
    body: bytes


@dataclass(frozen=True, slots=True)
class RecentFile:
    """A file of a version, with its bytes where they are few."""

    stored: StoredFile
    body: bytes


class RecentAnswers(Generic[T]):
    """What was read in the present state of the registry, so that it need not be read and written again.

    A serving program asks which version is in production thousands of times a second, and the answer changes a few
    times a day. Any change of anything drops all answers. They take at most `limit_bytes`; the oldest make room.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._size_bytes = 0
        self._state: object = None
        self._answers: dict[tuple[str, ...], T] = {}

    def find(self, state: object | None, key: tuple[str, ...]) -> T | None:
        """The answer to the same question in the same state."""
        return self._answers.get(key) if state is not None and state == self._state else None

    def keep(self, state: object | None, key: tuple[str, ...], answer: T) -> None:
        """Remember an answer that was read after `state` was.

        Nothing is remembered where the state is not known (None), or of an answer larger than an eighth of the whole.
        """
        if state is None or ENTRY_BYTES + len(answer.body) > self._limit_bytes // 8:
            return
        if state != self._state:
            self._state, self._size_bytes = state, 0
            self._answers.clear()
        self._drop(key)
        self._answers[key] = answer
        self._size_bytes += ENTRY_BYTES + len(answer.body)
        while self._size_bytes > self._limit_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: tuple[str, ...]) -> None:
        dropped = self._answers.pop(key, None)
        if dropped is not None:
            self._size_bytes -= ENTRY_BYTES + len(dropped.body)
