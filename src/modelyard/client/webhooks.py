"""Webhooks: servers that the registry tells of what happens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modelyard.client.answers import Document
from modelyard.client.records import told
from modelyard.client.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook; `secret` is there only in the answer that made it. No `actions` means all."""

    id: int
    url: str
    actions: Sequence[str]
    models: str
    description: str
    active: bool
    created_at: datetime
    created_by: str
    revision: int
    secret: str = field(default="", repr=False)
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Webhook":
        """From the API's `WebhookRead` or `WebhookCreated`."""
        return cls(**told(cls, document), document=document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try: `status` of the answer, None where there was none; `error` is empty where it arrived."""

    at: datetime
    duration_ms: int
    status: int | None
    error: str
    document: Document = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event on its way to a webhook: `pending`, `delivered` or `dead`."""

    id: int
    sequence: int
    action: str
    model: str
    status: str
    tries: int
    next_at: datetime | None
    attempts: Sequence[Attempt]
    created_at: datetime
    ended_at: datetime | None
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Delivery":
        """From the API's `DeliveryRead`."""
        attempts = tuple(_attempt(one) for one in document["attempts"])
        return cls(**told(cls, document) | {"attempts": attempts}, document=document)


class Webhooks:
    """The webhooks of a registry."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Sequence[Webhook]:
        """All of them, the oldest first."""
        return [Webhook.of(one) for one in self._transport.get("/webhooks")["items"]]

    def create(self, url: str, *, actions: Sequence[str] = (), models: str = "*", description: str = "") -> Webhook:
        """Have a server told of what happens from now on; the answer alone holds the secret.

        It is sent once, whatever comes: a second try could make a second webhook.

        Args:
            url: Where to; https.
            actions: Which kinds of events; none for all.
            models: A glob of names; `*` alone also stands for what concerns no model.
            description: What it is for.

        Raises:
            InvalidInput: The address is none, or is not allowed.
            TooManyWebhooks: There are 100.
        """
        wanted = {"url": url, "actions": list(actions), "models": models, "description": description}
        return Webhook.of(self._transport.request("POST", "/webhooks", body=wanted, is_repeatable=False).document())

    def update(
        self,
        number: int,
        *,
        url: str | None = None,
        actions: Sequence[str] | None = None,
        models: str | None = None,
        description: str | None = None,
        active: bool | None = None,
    ) -> Webhook:
        """Change what is given; the rest stays.

        Raises:
            WebhookNotFound: There is none of this id.
        """
        wanted = {
            "url": url,
            "actions": None if actions is None else list(actions),
            "models": models,
            "description": description,
            "active": active,
        }
        change = {name: value for name, value in wanted.items() if value is not None}
        return Webhook.of(self._transport.request("PATCH", f"/webhooks/{number}", body=change).document())

    def delete(self, number: int) -> None:
        """Delete one, with its log and all that waits for it.

        Raises:
            WebhookNotFound: There is none of this id.
        """
        self._transport.request("DELETE", f"/webhooks/{number}")

    def test(self, number: int) -> Attempt:
        """Send a `webhook.ping` now, and tell what the receiver answered."""
        return _attempt(self._transport.request("POST", f"/webhooks/{number}/test", is_repeatable=False).document())

    def deliveries(self, number: int, *, status: str | None = None, limit: int | None = None) -> Iterator[Delivery]:
        """What was sent or is to be, the newest first."""
        found = self._transport.items(f"/webhooks/{number}/deliveries", {"status": status}, limit)
        return map(Delivery.of, found)

    def redeliver(self, number: int, delivery: int) -> None:
        """Send one again.

        Raises:
            DeliveryNotFound: The webhook has none of this id; what has ended is kept for a while only.
        """
        self._transport.request("POST", f"/webhooks/{number}/deliveries/{delivery}/redeliver")


def _attempt(document: Document) -> Attempt:
    return Attempt(**told(Attempt, document), document=document)
