"""Who waits in this process for announcements."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Ear:
    """`Listener` on the loop on which it was made."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake who listens, or who will listen next."""
        self._rung.set()

    async def heard(self, timeout_seconds: float) -> bool:
        """As the port says; what rang while nobody waited is heard at once."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Ears:
    """Listeners by topic; all of it happens on one loop."""

    def __init__(self) -> None:
        self._by_topic: dict[str, set[Ear]] = {}

    @contextmanager
    def open(self, topic: str) -> Iterator[Ear]:
        """An ear that hears the topic from now on."""
        ear = Ear()
        self._by_topic.setdefault(topic, set()).add(ear)
        try:
            yield ear
        finally:
            self._by_topic[topic].discard(ear)
            if not self._by_topic[topic]:
                del self._by_topic[topic]

    def ring(self, topics: Iterable[str]) -> None:
        """Wake those who listen to these topics."""
        for topic in topics:
            for ear in self._by_topic.get(topic, ()):
                ear.ring()

    def ring_all(self) -> None:
        """Wake everyone: something may have been missed."""
        self.ring(list(self._by_topic))
