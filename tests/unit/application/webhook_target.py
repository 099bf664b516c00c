"""A target of webhooks that tests look into."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from modelyard.application.ports.webhooks import Outcome
from modelyard.domain.webhook import Attempt, WebhookMessage

PATIENCE_SECONDS = 30.0
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def outcome(status: int | None) -> Outcome:
    return Outcome(attempt=Attempt(at=NOW, duration_ms=5, status=status, error="" if status == 204 else "no"))


@dataclass
class Target:
    """Keeps what is sent, and answers as the test says."""

    sent: list[WebhookMessage] = field(default_factory=list)
    answer: Callable[[WebhookMessage], Outcome] = lambda _: outcome(204)
    has_come: asyncio.Condition = field(default_factory=asyncio.Condition)
    under_way: set[str] = field(default_factory=set)

    def check(self, url: str) -> None:
        assert url

    async def send(self, message: WebhookMessage) -> Outcome:
        assert message.id not in self.under_way
        self.under_way.add(message.id)
        await asyncio.sleep(0)
        self.under_way.discard(message.id)
        async with self.has_come:
            self.sent.append(message)
            self.has_come.notify_all()
        return self.answer(message)

    async def await_count(self, count: int) -> list[str]:
        """The sequences of what was sent, once it is so much."""
        async with asyncio.timeout(PATIENCE_SECONDS), self.has_come:
            await self.has_come.wait_for(lambda: len(self.sent) >= count)
        return [message.id.rpartition("_")[2] for message in self.sent]


class Hanging(Target):
    """Is sent to, and never says anything."""

    def __init__(self) -> None:
        super().__init__()
        self.has_begun = asyncio.Event()

    async def send(self, message: WebhookMessage) -> Outcome:
        self.has_begun.set()
        await asyncio.Event().wait()
        raise AssertionError(message)
