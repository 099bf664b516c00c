"""Where webhooks and their deliveries are kept, and what sends them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modelyard.domain.event import Action, Event
from modelyard.domain.webhook import Attempt, Delivery, DeliveryStatus, Webhook, WebhookDraft, WebhookMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldDelivery:
    """A delivery with what its event was about."""

    delivery: Delivery
    action: Action
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of sending: an attempt; or none, since the target is left alone for so many seconds.

    After an attempt, `pause_seconds` is what the receiver asked for in `Retry-After`.
    """

    attempt: Attempt | None
    pause_seconds: float = 0.0


class Webhooks(Protocol):
    """All webhooks, within one transaction."""

    def add(self, draft: WebhookDraft, secret: str, *, by: str, at: datetime) -> Webhook:
        """Keep a new one, at position 0."""

    def all(self) -> Sequence[Webhook]:
        """Each of them, the oldest first."""

    def active_to_change(self) -> Sequence[Webhook]:
        """Those that are active; no other transaction changes one of them before this one ends."""

    def get(self, webhook_id: int) -> Webhook:
        """One of them.

        Raises:
            WebhookNotFound: there is none.
        """

    def get_to_change(self, webhook_id: int) -> Webhook:
        """As `get`, and no other transaction changes it or its deliveries before this one ends."""

    def save(self, webhook_id: int, draft: WebhookDraft, *, by: str, at: datetime) -> Webhook:
        """Change what was asked for; the revision grows."""

    def move_on(self, webhook_ids: Sequence[int], position: int) -> None:
        """Say that everything up to a sequence is queued."""

    def delete(self, webhook_id: int) -> None:
        """Delete one with its deliveries."""


class Deliveries(Protocol):
    """The deliveries of all webhooks, within one transaction. Who changes one holds its webhook."""

    def queue(self, webhook_id: int, event: Event, *, at: datetime) -> None:
        """Add an event; it is due now, unless an earlier one of the same model is on its way."""

    def due(self, *, at: datetime, limit: int) -> Sequence[Delivery]:
        """Those of active webhooks that may be sent now, the longest waiting first."""

    def next_due_at(self) -> datetime | None:
        """When the next one of an active webhook may be sent, as far as that is known now."""

    def get(self, webhook_id: int, delivery_id: int) -> Delivery:
        """One of them.

        Raises:
            DeliveryNotFound: there is none.
        """

    def save(self, delivery: Delivery) -> None:
        """Change it."""

    def first_waiting(self, webhook_id: int, model_id: int) -> Delivery | None:
        """The earliest one of a model that is on its way."""

    def page(
        self, webhook_id: int, *, status: DeliveryStatus | None, beyond: int | None, is_descending: bool, limit: int
    ) -> Sequence[ToldDelivery]:
        """The webhook's deliveries by id, from beyond one."""

    def prune(self, *, before: datetime, limit: int) -> int:
        """Forget some of those that ended before a moment; how many."""


class WebhookSender(Protocol):
    """Sends to addresses that others have chosen."""

    def check(self, url: str) -> None:
        """Let pass what may be sent to, as far as that can be told without asking for its address.

        Raises:
            InvalidInput: nothing would ever be sent there.
        """

    async def send(self, message: WebhookMessage) -> Outcome:
        """Send once, in bounded time. Whatever goes wrong is an outcome."""


class WebhookSecrets(Protocol):
    """What signs what is sent. The database holds what tells nothing of it."""

    def new(self) -> str:
        """What to keep of a new secret."""

    def secret_of(self, kept: str) -> str:
        """The secret, as receivers have it.

        Raises:
            WrongSecretKey: this server cannot know it.
        """
