"""Webhooks: who is told of what happens, how it is signed, and when a delivery that failed is tried again."""

import base64
import hashlib
import hmac
import random
import secrets
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.event import Action, Event
from modelyard.domain.json_value import JsonObject, canonical_json
from modelyard.domain.names import check_model_name
from modelyard.domain.policy import matches

MAX_WEBHOOKS = 100
MAX_URL = 2_000
LONGEST_PAUSE = timedelta(hours=6)
KEPT_ATTEMPTS = 10
"""Of one delivery, the last ones."""

SECRET_PREFIX = "whsec_"  # noqa: S105 - as Standard Webhooks has it
_FACTOR = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDraft:
    """What somebody asks for: where to, of which actions (none: of all), and of models whose names match a glob.

    Raises:
        InvalidInput: when made, against a rule.
    """

    url: str
    actions: frozenset[Action] = frozenset()
    models: str = "*"
    description: str = ""
    is_active: bool = True

    def __post_init__(self) -> None:
        check_model_name(self.models, "/models")
        check_url(self.url)

    def wants(self, event: Event) -> bool:
        """Whether it is told of this event. What concerns no model has the name of none, which `*` alone matches."""
        change = event.change
        return (not self.actions or change.action in self.actions) and matches(self.models, change.model)

    def told(self) -> JsonObject:
        """As history has it: of the address only the server, since its path is a secret at many receivers."""
        parts = urlsplit(self.url)
        return {
            "target": f"{parts.scheme}://{parts.netloc}",
            "actions": sorted(self.actions),
            "models": self.models,
            "description": self.description,
            "active": self.is_active,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A target that is told. `position` is the sequence up to which all that it wants is queued."""

    id: int
    draft: WebhookDraft
    secret: str = field(repr=False)
    position: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    revision: int

    @property
    def tag(self) -> str:
        """Names this state of it."""
        return f"webhook-{self.id}-{self.revision}"


class DeliveryStatus(StrEnum):
    """What became of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up after the last try; it can be sent again by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try: the status of the answer, or why there was none."""

    at: datetime
    duration_ms: int
    status: int | None
    error: str

    @property
    def has_succeeded(self) -> bool:
        """Any 2xx says that the receiver has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_final(self) -> bool:
        """410 says that nobody listens there any more (Standard Webhooks)."""
        return self.status == 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one webhook. `next_at` is `None` while an earlier one of the same model is on its way.

    `tries` counts since it was queued, or was last sent again by hand.
    """

    id: int
    webhook_id: int
    sequence: int
    model_id: int
    status: DeliveryStatus
    tries: int
    next_at: datetime | None
    attempts: Sequence[Attempt]
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookMessage:
    """What is sent. The id stays the same however often it is tried."""

    webhook_id: int
    url: str
    secret: str = field(repr=False)
    id: str
    body: bytes

    def headers(self, at: datetime) -> dict[str, str]:
        """Those of Standard Webhooks 1.0.0: id, seconds since 1970, and HMAC-SHA256 over `id.timestamp.body`."""
        timestamp = str(int(at.timestamp()))
        key = base64.b64decode(self.secret.removeprefix(SECRET_PREFIX))
        signed = hmac.digest(key, f"{self.id}.{timestamp}.".encode() + self.body, hashlib.sha256)
        return {
            "webhook-id": self.id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }


def check_url(url: str) -> None:
    """Let an address pass that a webhook may have; where it leads to is for the sender to say.

    Raises:
        InvalidInput: it breaks a rule.
    """
    message = _fault_of(url)
    if message:
        raise InvalidInput(f"url {message}", errors=[FieldError(pointer="/url", message=message)])


def message_of(webhook: Webhook, event: Event) -> WebhookMessage:
    """What the webhook is sent of an event."""
    document: JsonObject = event.document()
    body = {"type": event.change.action.value, "timestamp": document["at"], "data": document}
    return _message(webhook, f"evt_{webhook.id}_{event.sequence}", body)


def ping_of(webhook: Webhook, at: str) -> WebhookMessage:
    """What the webhook is sent to see whether it arrives; `at` is the moment, as it is shown."""
    body: JsonObject = {"type": "webhook.ping", "timestamp": at, "data": {"webhook": webhook.id}}
    return _message(webhook, f"ping_{secrets.token_hex(12)}", body)


def pause_after(tries: int, first_seconds: float) -> timedelta:
    """How long to wait after so many failed tries: four times longer each time, give or take a fifth, up to 6 hours."""
    seconds = min(first_seconds * _FACTOR ** min(tries - 1, 20), LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=seconds * random.SystemRandom().uniform(0.8, 1.2))


def shown(actions: Set[Action]) -> Sequence[Action]:
    """In the order of their declaration."""
    return [action for action in Action if action in actions]


def _message(webhook: Webhook, message_id: str, body: JsonObject) -> WebhookMessage:
    encoded = canonical_json(body)
    return WebhookMessage(
        webhook_id=webhook.id, url=webhook.draft.url, secret=webhook.secret, id=message_id, body=encoded
    )


def _fault_of(url: str) -> str | None:
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"must be at most {MAX_URL} visible ASCII characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "cannot be read as an address"
    if parts.scheme not in {"https", "http"} or not parts.hostname or port == 0:
        return "must be https://host/path"
    if parts.username is not None or parts.password is not None:
        return "must hold no user and no password; the signature tells who sends"
    return "must have no part behind #" if "#" in url else None
