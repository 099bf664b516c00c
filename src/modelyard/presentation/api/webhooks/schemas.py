"""What goes in and out for webhooks."""

from typing import Annotated, Any

from pydantic import Field

from modelyard.application.ports.webhooks import ToldDelivery
from modelyard.application.services.subscribing import DELIVERY_ORDER, WebhookPatch
from modelyard.domain.event import Action
from modelyard.domain.names import MAX_MODEL_NAME
from modelyard.domain.registered_model import MAX_DESCRIPTION
from modelyard.domain.webhook import MAX_URL, Attempt, DeliveryStatus, Webhook, WebhookDraft, shown
from modelyard.presentation.api.fields import Actor, Input, Moment, NextCursor, Output, Revision
from modelyard.presentation.api.lists import ListParameters, sorting

Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_URL,
        description="https, without user, password and fragment",
        examples=["https://ci.example.com/hooks/models"],
        json_schema_extra={"format": "webhook-url"},
    ),
]
Actions = Annotated[
    list[Annotated[Action, Field(strict=False)]],
    Field(description="Of these actions; none for all", examples=[["version.stage_changed"]]),
]
Models = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_MODEL_NAME,
        description="Of models whose names match, with `*` for any characters; `*` alone also of the registry itself",
        examples=["fraud.*"],
        json_schema_extra={"format": "model-pattern"},
    ),
]
About = Annotated[str, Field(max_length=MAX_DESCRIPTION, examples=["deploys what is promoted"])]


class WebhookCreate(Input):
    """Who is to be told, and of what."""

    url: Url
    actions: Actions = Field(default=[])
    models: Models = "*"
    description: About = ""
    active: bool = Field(default=True, description="Whether it is told now")

    def draft(self) -> WebhookDraft:
        """In the domain's terms."""
        return WebhookDraft(
            url=self.url,
            actions=frozenset(self.actions),
            models=self.models,
            description=self.description,
            is_active=self.active,
        )


class WebhookUpdate(Input):
    """What is to change; what is left out stays."""

    url: Url | None = None
    actions: Actions | None = None
    models: Models | None = None
    description: About | None = None
    active: bool | None = None

    def patch(self) -> WebhookPatch:
        """In the application's terms."""
        return WebhookPatch(
            url=self.url,
            actions=None if self.actions is None else frozenset(self.actions),
            models=self.models,
            description=self.description,
            is_active=self.active,
        )


class WebhookRead(Output):
    """A webhook, without its secret."""

    id: int = Field(examples=[3])
    url: Url
    actions: Actions
    models: Models
    description: About
    active: bool
    created_at: Moment
    created_by: Actor
    updated_at: Moment
    updated_by: Actor
    revision: Revision

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookRead":
        """Read it from the domain's."""
        return cls(**_told(webhook))


class WebhookCreated(WebhookRead):
    """A new webhook, with its secret."""

    secret: str = Field(
        description="Signs what is sent, as Standard Webhooks has it. Shown only now.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="],
    )

    @classmethod
    def made(cls, webhook: Webhook, secret: str) -> "WebhookCreated":
        """Read it from the domain's."""
        return cls(**_told(webhook), secret=secret)


class WebhookList(Output):
    """All webhooks."""

    items: list[WebhookRead]


class AttemptRead(Output):
    """One try."""

    at: Moment
    duration_ms: int = Field(examples=[84])
    status: int | None = Field(description="Of the answer; null where there was none", examples=[204])
    error: str = Field(description="Empty where it arrived", examples=["no answer within 15 seconds"])


class PingRead(AttemptRead):
    """What became of a ping."""

    delivered: bool

    @classmethod
    def of(cls, attempt: Attempt) -> "PingRead":
        """Read it from the domain's."""
        return cls(**_attempted(attempt), delivered=attempt.has_succeeded)


class DeliveryRead(Output):
    """One event on its way to a webhook."""

    id: int = Field(examples=[42])
    sequence: int = Field(description="Of the event", examples=[17])
    action: Action = Field(examples=["version.stage_changed"])
    model: str = Field(examples=["churn"])
    status: DeliveryStatus
    tries: int = Field(description="Since it was queued, or was last sent again by hand", examples=[1])
    next_at: Moment | None = Field(description="When it is tried next; null while an earlier one of the model waits")
    attempts: list[AttemptRead] = Field(description="The last ten")
    created_at: Moment
    ended_at: Moment | None

    @classmethod
    def of(cls, told: ToldDelivery) -> "DeliveryRead":
        """Read it from the application's."""
        delivery = told.delivery
        return cls(
            id=delivery.id,
            sequence=delivery.sequence,
            action=told.action,
            model=told.model,
            status=delivery.status,
            tries=delivery.tries,
            next_at=delivery.next_at,
            attempts=[AttemptRead(**_attempted(attempt)) for attempt in delivery.attempts],
            created_at=delivery.created_at,
            ended_at=delivery.ended_at,
        )


class DeliveryPage(Output):
    """A page of deliveries."""

    items: list[DeliveryRead]
    next_cursor: NextCursor


class DeliveryParameters(ListParameters):
    """Which deliveries of a webhook."""

    sort: str = sorting(DELIVERY_ORDER, "request-order")
    status: DeliveryStatus | None = None


def _told(webhook: Webhook) -> dict[str, Any]:
    draft = webhook.draft
    return {
        "id": webhook.id,
        "url": draft.url,
        "actions": shown(draft.actions),
        "models": draft.models,
        "description": draft.description,
        "active": draft.is_active,
        "created_at": webhook.created_at,
        "created_by": webhook.created_by,
        "updated_at": webhook.updated_at,
        "updated_by": webhook.updated_by,
        "revision": webhook.revision,
    }


def _attempted(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": attempt.at,
        "duration_ms": attempt.duration_ms,
        "status": attempt.status,
        "error": attempt.error,
    }
