"""Choosing some of many, at random, in one pass."""

import heapq
import random
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Sample:
    """A random choice of at most `limit_count` things of at most `limit_bytes` together; `None` sets no limit.

    Each thing gets a random rank, and those with the lowest ranks stay. What alone is larger than `limit_bytes` is
    never chosen. Memory is for the chosen alone.
    """

    limit_count: int | None = None
    limit_bytes: int | None = None
    _ranked: list[tuple[float, int, int]] = field(default_factory=list)
    _size_bytes: int = 0

    def offer(self, thing_id: int, size_bytes: int) -> None:
        """Let a thing take part in the draw."""
        if self.limit_bytes is not None and size_bytes > self.limit_bytes:
            return
        rank = random.random()  # noqa: S311 - a draw among files, no secret
        heapq.heappush(self._ranked, (-rank, thing_id, size_bytes))
        self._size_bytes += size_bytes
        while self._is_over():
            self._size_bytes -= heapq.heappop(self._ranked)[2]

    def chosen(self) -> frozenset[int]:
        """The ids of those that were drawn."""
        return frozenset(thing_id for _, thing_id, _ in self._ranked)

    def _is_over(self) -> bool:
        is_too_many = self.limit_count is not None and len(self._ranked) > self.limit_count
        return is_too_many or (self.limit_bytes is not None and self._size_bytes > self.limit_bytes)
