"""The changes that delivering makes: queueing events, beginning a try, and ending it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.application.ports.webhooks import Outcome
from modelyard.domain.event import Event
from modelyard.domain.webhook import (
    KEPT_ATTEMPTS,
    Attempt,
    Delivery,
    DeliveryStatus,
    WebhookMessage,
    message_of,
    pause_after,
)
from modelyard.domain.webhook_errors import DeliveryNotFound, WebhookNotFound

PRUNED_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLimits:
    """How often a delivery is tried, how long to wait after the first try, and how long what has ended is kept.

    Who has begun a try and says nothing for `lease` is taken to be gone.
    """

    tries: int
    first_pause_seconds: float
    lease: timedelta
    kept: timedelta


def positions(tx: Transaction) -> Sequence[int]:
    """Up to which sequence events are queued, for each active webhook."""
    return [webhook.position for webhook in tx.webhooks.all() if webhook.draft.is_active]


def queue_events(tx: Transaction, events: Sequence[Event]) -> None:
    """Queue events, the next in the order of the history, for each active webhook that wants them and has not had them.

    In one transaction with the webhooks' new positions, so each is queued once.
    """
    webhooks = tx.webhooks.active_to_change()
    for event in events:
        for webhook in webhooks:
            if webhook.position < event.sequence and webhook.draft.wants(event):
                tx.deliveries.queue(webhook.id, event, at=tx.now)
    behind = [webhook.id for webhook in webhooks if webhook.position < events[-1].sequence]
    tx.webhooks.move_on(behind, events[-1].sequence)


def begin_try(tx: Transaction, due: Delivery, limits: DeliveryLimits) -> WebhookMessage | None:
    """Take a delivery for one try, and give what is to be sent; nothing where it is another's, or gone.

    Nobody else takes it before the lease ends, so it is sent again if this process dies.
    """
    try:
        webhook = tx.webhooks.get_to_change(due.webhook_id)
        delivery = tx.deliveries.get(due.webhook_id, due.id)
    except (WebhookNotFound, DeliveryNotFound):
        return None
    if delivery != due or not webhook.draft.is_active:
        return None
    taken = replace(delivery, tries=delivery.tries + 1, next_at=tx.now + limits.lease)
    tx.deliveries.save(taken)
    (event,) = tx.events.page(EventFilter(), beyond=delivery.sequence - 1, is_descending=False, limit=1)
    return message_of(webhook, event)


def end_try(tx: Transaction, due: Delivery, outcome: Outcome, limits: DeliveryLimits) -> Delivery | None:
    """Record what became of a try that `begin_try` began, and give the next delivery of the model, if one is due now.

    Nothing where somebody else has taken it meanwhile, or it is gone.
    """
    try:
        tx.webhooks.get_to_change(due.webhook_id)
        delivery = tx.deliveries.get(due.webhook_id, due.id)
    except (WebhookNotFound, DeliveryNotFound):
        return None
    if delivery.status is not DeliveryStatus.PENDING or delivery.tries != due.tries + 1:
        return None
    ended = _ended(delivery, outcome, limits, tx.now)
    tx.deliveries.save(ended)
    if ended.status is DeliveryStatus.PENDING:
        return None
    following = tx.deliveries.first_waiting(due.webhook_id, due.model_id)
    if following is None:
        return None
    promoted = replace(following, next_at=following.next_at or tx.now)
    tx.deliveries.save(promoted)
    return promoted


def due_deliveries(tx: Transaction, limit: int) -> tuple[Sequence[Delivery], timedelta | None]:
    """Deliveries that may be sent now, and how long until there are more."""
    next_at = tx.deliveries.next_due_at()
    found = tx.deliveries.due(at=tx.now, limit=limit)
    return found, None if next_at is None else max(next_at - tx.now, timedelta())


def forget_old(tx: Transaction, limits: DeliveryLimits) -> int:
    """Forget some deliveries that ended long ago; how many."""
    return tx.deliveries.prune(before=tx.now - limits.kept, limit=PRUNED_AT_ONCE)


def _ended(delivery: Delivery, outcome: Outcome, limits: DeliveryLimits, now: datetime) -> Delivery:
    """As it is after a try."""
    attempt = outcome.attempt
    if attempt is None:  # the target is left alone: that was no try
        return replace(delivery, tries=delivery.tries - 1, next_at=now + timedelta(seconds=outcome.pause_seconds))
    tried = replace(delivery, attempts=[*delivery.attempts, attempt][-KEPT_ATTEMPTS:])
    if attempt.has_succeeded:
        return replace(tried, status=DeliveryStatus.DELIVERED, next_at=None, ended_at=now)
    if _is_given_up(tried, attempt, limits):
        return replace(tried, status=DeliveryStatus.DEAD, next_at=None, ended_at=now)
    pause = pause_after(tried.tries, limits.first_pause_seconds)
    return replace(tried, next_at=now + max(pause, timedelta(seconds=outcome.pause_seconds)))


def _is_given_up(delivery: Delivery, attempt: Attempt, limits: DeliveryLimits) -> bool:
    return attempt.is_final or delivery.tries >= limits.tries
