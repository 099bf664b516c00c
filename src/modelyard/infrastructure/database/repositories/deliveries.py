"""Deliveries of webhooks in a table."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from modelyard.application.ports.webhooks import ToldDelivery
from modelyard.domain.event import Action, Event
from modelyard.domain.webhook import Attempt, Delivery, DeliveryStatus
from modelyard.domain.webhook_errors import DeliveryNotFound
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.tables import events, webhook_deliveries, webhooks

_D = webhook_deliveries.c
_OF_ACTIVE = webhook_deliveries.join(webhooks, webhooks.c.id == _D.webhook_id)
_DUE = (
    select(webhook_deliveries)
    .select_from(_OF_ACTIVE)
    .where(_D.next_at_ms.is_not(None), _D.next_at_ms <= bindparam("now_ms"), webhooks.c.is_active)
    .order_by(_D.next_at_ms, _D.id)
    .limit(bindparam("at_most"))
)
_NEXT = select(func.min(_D.next_at_ms)).select_from(_OF_ACTIVE).where(_D.next_at_ms.is_not(None), webhooks.c.is_active)
_GET = select(webhook_deliveries).where(_D.webhook_id == bindparam("of_webhook"), _D.id == bindparam("of_id"))
_WAITING = (
    select(webhook_deliveries)
    .where(_D.webhook_id == bindparam("of_webhook"), _D.model_id == bindparam("of_model"), _D.status == "pending")
    .order_by(_D.sequence)
    .limit(1)
)
_PAGE = (
    select(webhook_deliveries, events.c.action, events.c.model)
    .join(events, events.c.sequence == _D.sequence)
    .where(_D.webhook_id == bindparam("of_webhook"))
)
_ADD = insert(webhook_deliveries)
_OLD = select(_D.id).where(_D.ended_at_ms < bindparam("before_ms")).limit(bindparam("at_most"))


class SqlDeliveries:
    """`Deliveries` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def queue(self, webhook_id: int, event: Event, *, at: datetime) -> None:
        """One insert, and a look into the index of those that wait."""
        model_id = event.change.model_id
        is_first = self.first_waiting(webhook_id, model_id) is None
        values = {
            "webhook_id": webhook_id,
            "sequence": event.sequence,
            "model_id": model_id,
            "status": DeliveryStatus.PENDING.value,
            "tries": 0,
            "next_at_ms": to_ms(at) if is_first else None,
            "attempts": "[]",
            "created_at_ms": to_ms(at),
        }
        self._connection.execute(_ADD, values)

    def due(self, *, at: datetime, limit: int) -> Sequence[Delivery]:
        """From the index of those that are first of their model."""
        rows = self._connection.execute(_DUE, {"now_ms": to_ms(at), "at_most": limit})
        return [_delivery_of(row) for row in rows]

    def next_due_at(self) -> datetime | None:
        """From the same index."""
        found = self._connection.execute(_NEXT).scalar_one()
        return None if found is None else from_ms(found)

    def get(self, webhook_id: int, delivery_id: int) -> Delivery:
        """By primary key."""
        row = self._connection.execute(_GET, {"of_webhook": webhook_id, "of_id": delivery_id}).first()
        if row is None:
            raise DeliveryNotFound(f"webhook {webhook_id} has no delivery {delivery_id}", hint="List its deliveries.")
        return _delivery_of(row)

    def save(self, delivery: Delivery) -> None:
        """One update."""
        changed = {
            "status": delivery.status.value,
            "tries": delivery.tries,
            "next_at_ms": None if delivery.next_at is None else to_ms(delivery.next_at),
            "attempts": json.dumps([_document_of(attempt) for attempt in delivery.attempts]),
            "ended_at_ms": None if delivery.ended_at is None else to_ms(delivery.ended_at),
        }
        self._connection.execute(update(webhook_deliveries).where(_D.id == delivery.id).values(changed))

    def first_waiting(self, webhook_id: int, model_id: int) -> Delivery | None:
        """From the index of those that wait."""
        row = self._connection.execute(_WAITING, {"of_webhook": webhook_id, "of_model": model_id}).first()
        return None if row is None else _delivery_of(row)

    def page(
        self, webhook_id: int, *, status: DeliveryStatus | None, beyond: int | None, is_descending: bool, limit: int
    ) -> Sequence[ToldDelivery]:
        """Walks those of the webhook."""
        statement = _PAGE
        if status is not None:
            statement = statement.where(_D.status == status.value)
        if beyond is not None:
            statement = statement.where(_D.id < beyond if is_descending else _D.id > beyond)
        statement = statement.order_by(_D.id.desc() if is_descending else _D.id)
        rows = self._connection.execute(statement.limit(limit), {"of_webhook": webhook_id})
        return [ToldDelivery(delivery=_delivery_of(row), action=Action(row.action), model=row.model) for row in rows]

    def prune(self, *, before: datetime, limit: int) -> int:
        """From the index of those that have ended."""
        old = self._connection.execute(_OLD, {"before_ms": to_ms(before), "at_most": limit}).scalars().all()
        if old:
            self._connection.execute(delete(webhook_deliveries).where(_D.id.in_(old)))
        return len(old)


def _document_of(attempt: Attempt) -> dict[str, Any]:
    return {
        "at_ms": to_ms(attempt.at),
        "duration_ms": attempt.duration_ms,
        "status": attempt.status,
        "error": attempt.error,
    }


def _attempt_of(document: dict[str, Any]) -> Attempt:
    return Attempt(
        at=from_ms(document["at_ms"]),
        duration_ms=document["duration_ms"],
        status=document["status"],
        error=document["error"],
    )


def _delivery_of(row: Row[*tuple[Any, ...]]) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        sequence=row.sequence,
        model_id=row.model_id,
        status=DeliveryStatus(row.status),
        tries=row.tries,
        next_at=None if row.next_at_ms is None else from_ms(row.next_at_ms),
        attempts=[_attempt_of(document) for document in json.loads(row.attempts)],
        created_at=from_ms(row.created_at_ms),
        ended_at=None if row.ended_at_ms is None else from_ms(row.ended_at_ms),
    )
