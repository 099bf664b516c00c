"""Webhooks as their owners see them: made, changed, deleted; their deliveries seen, and sent again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.events import EVENTS
from modelyard.application.ports.search import Rows
from modelyard.application.ports.webhooks import ToldDelivery
from modelyard.application.queries.page import ListOrder, Page, PageRequest, page_of, window_of
from modelyard.application.services.journal import record_of_registry
from modelyard.application.services.precondition import Expected, require_tag
from modelyard.domain.event import Action
from modelyard.domain.principal import Principal
from modelyard.domain.webhook import MAX_WEBHOOKS, Delivery, DeliveryStatus, Webhook, WebhookDraft
from modelyard.domain.webhook_errors import TooManyWebhooks

DELIVERY_ORDER = ListOrder(fields={"id": int}, default="-id", unique="id")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPatch:
    """What is to change; `None` leaves it as it is."""

    url: str | None = None
    actions: frozenset[Action] | None = None
    models: str | None = None
    description: str | None = None
    is_active: bool | None = None


def create_webhook(tx: Transaction, principal: Principal, draft: WebhookDraft, kept_secret: str) -> Webhook:
    """Begin to tell a target of what happens from now on, signed by the secret of which so much is kept.

    Raises:
        TooManyWebhooks: there are as many as there may be.
    """
    if len(tx.webhooks.all()) >= MAX_WEBHOOKS:
        raise TooManyWebhooks(f"there are {MAX_WEBHOOKS} webhooks")
    webhook = tx.webhooks.add(draft, kept_secret, by=principal.name, at=tx.now)
    event = record_of_registry(tx, principal, Action.WEBHOOK_CREATED, after={"id": webhook.id, **draft.told()})
    tx.webhooks.move_on([webhook.id], event.sequence)
    return replace(webhook, position=event.sequence)


def list_webhooks(tx: Transaction) -> Sequence[Webhook]:
    """All of them, the oldest first."""
    return tx.webhooks.all()


def read_webhook(tx: Transaction, webhook_id: int) -> Webhook:
    """One of them.

    Raises:
        WebhookNotFound: there is none.
    """
    return tx.webhooks.get(webhook_id)


def update_webhook(
    tx: Transaction, principal: Principal, webhook_id: int, patch: WebhookPatch, expected: Expected
) -> Webhook:
    """Change one. What happens while it is not active is not told; what waits then waits on.

    Raises:
        WebhookNotFound: there is none.
        PreconditionFailed: its tag is none of the expected.
        InvalidInput: against a rule of webhooks.
    """
    webhook = tx.webhooks.get_to_change(webhook_id)
    require_tag(webhook.tag, expected)
    draft = _patched(webhook.draft, patch)
    if draft == webhook.draft:
        return webhook
    saved = tx.webhooks.save(webhook_id, draft, by=principal.name, at=tx.now)
    before, after = {"id": webhook_id, **webhook.draft.told()}, {"id": webhook_id, **draft.told()}
    event = record_of_registry(tx, principal, Action.WEBHOOK_UPDATED, before=before, after=after)
    if draft.is_active and not webhook.draft.is_active:
        tx.webhooks.move_on([webhook_id], event.sequence)
    return saved


def delete_webhook(tx: Transaction, principal: Principal, webhook_id: int, expected: Expected) -> None:
    """Delete one, with all that waits for it.

    Raises:
        WebhookNotFound: there is none.
        PreconditionFailed: its tag is none of the expected.
    """
    webhook = tx.webhooks.get_to_change(webhook_id)
    require_tag(webhook.tag, expected)
    tx.webhooks.delete(webhook_id)
    record_of_registry(tx, principal, Action.WEBHOOK_DELETED, before={"id": webhook_id, **webhook.draft.told()})


def list_deliveries(
    tx: Transaction, webhook_id: int, status: DeliveryStatus | None, request: PageRequest
) -> Page[ToldDelivery]:
    """The deliveries of a webhook, the newest first.

    Raises:
        WebhookNotFound: there is none.
        InvalidCursor, InvalidInput: the request.
    """
    tx.webhooks.get(webhook_id)
    scope = f"deliveries/{webhook_id}/{status}"
    window = window_of(request, DELIVERY_ORDER, scope)
    beyond = window.after_integer
    is_descending = window.sort[0].is_descending
    found = tx.deliveries.page(
        webhook_id, status=status, beyond=beyond, is_descending=is_descending, limit=window.limit + 1
    )
    last = (found[window.limit - 1].delivery.id,) if len(found) > window.limit else None
    return page_of(Rows(found[: window.limit], last), request, window, scope, None)


def redeliver(tx: Transaction, webhook_id: int, delivery_id: int) -> Delivery:
    """Send one again, with all its tries, whatever became of it; later ones of the same model wait for it.

    Raises:
        WebhookNotFound, DeliveryNotFound: there is none.
    """
    tx.webhooks.get_to_change(webhook_id)
    delivery = tx.deliveries.get(webhook_id, delivery_id)
    if delivery.status is DeliveryStatus.PENDING and delivery.next_at is None:
        return delivery  # it has its turn before it
    waiting = tx.deliveries.first_waiting(webhook_id, delivery.model_id)
    if waiting is not None and waiting.id != delivery_id and waiting.sequence > delivery.sequence:
        tx.deliveries.save(replace(waiting, next_at=None))
    again = replace(delivery, status=DeliveryStatus.PENDING, tries=0, next_at=tx.now, ended_at=None)
    tx.deliveries.save(again)
    tx.announce(EVENTS)
    return again


def _patched(draft: WebhookDraft, patch: WebhookPatch) -> WebhookDraft:
    return WebhookDraft(
        url=draft.url if patch.url is None else patch.url,
        actions=draft.actions if patch.actions is None else patch.actions,
        models=draft.models if patch.models is None else patch.models,
        description=draft.description if patch.description is None else patch.description,
        is_active=draft.is_active if patch.is_active is None else patch.is_active,
    )
