"""Webhooks in a table."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select, update

from modelyard.domain.event import Action
from modelyard.domain.webhook import Webhook, WebhookDraft
from modelyard.domain.webhook_errors import WebhookNotFound
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.tables import webhooks

_ALL = select(webhooks).order_by(webhooks.c.id)
_ACTIVE_TO_CHANGE = _ALL.where(webhooks.c.is_active).with_for_update()
_THIS = webhooks.c.id == bindparam("of_id")
_GET = select(webhooks).where(_THIS)
_ADD = insert(webhooks).returning(webhooks.c.id)
_DELETE = delete(webhooks).where(_THIS)
_SAVE = update(webhooks).where(_THIS)


class SqlWebhooks:
    """`Webhooks` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, draft: WebhookDraft, secret: str, *, by: str, at: datetime) -> Webhook:
        """One insert."""
        values = {
            **_columns_of(draft),
            "secret": secret,
            "position": 0,
            "created_at_ms": to_ms(at),
            "created_by": by,
            "updated_at_ms": to_ms(at),
            "updated_by": by,
            "revision": 1,
        }
        return self.get(self._connection.execute(_ADD, values).scalar_one())

    def all(self) -> Sequence[Webhook]:
        """A hundred at most."""
        return [_webhook_of(row) for row in self._connection.execute(_ALL)]

    def active_to_change(self) -> Sequence[Webhook]:
        """Locked in the order of their ids, as all who lock several do."""
        return [_webhook_of(row) for row in self._connection.execute(_ACTIVE_TO_CHANGE)]

    def get(self, webhook_id: int) -> Webhook:
        """By primary key."""
        return self._one(_GET, webhook_id)

    def get_to_change(self, webhook_id: int) -> Webhook:
        """By primary key, with a lock of the row."""
        return self._one(_GET.with_for_update(), webhook_id)

    def save(self, webhook_id: int, draft: WebhookDraft, *, by: str, at: datetime) -> Webhook:
        """The revision counts in SQL."""
        changed = {**_columns_of(draft), "updated_at_ms": to_ms(at), "updated_by": by}
        statement = _SAVE.values({**changed, "revision": webhooks.c.revision + 1})
        self._connection.execute(statement, {"of_id": webhook_id})
        return self.get(webhook_id)

    def move_on(self, webhook_ids: Sequence[int], position: int) -> None:
        """One statement for all."""
        if webhook_ids:
            moved = update(webhooks).where(webhooks.c.id.in_(webhook_ids)).values(position=position)
            self._connection.execute(moved)

    def delete(self, webhook_id: int) -> None:
        """Its deliveries go with it."""
        self._connection.execute(_DELETE, {"of_id": webhook_id})

    def _one(self, statement: Select[Any], webhook_id: int) -> Webhook:
        row = self._connection.execute(statement, {"of_id": webhook_id}).first()
        if row is None:
            raise WebhookNotFound(f"there is no webhook {webhook_id}", hint="List the webhooks.")
        return _webhook_of(row)


def _columns_of(draft: WebhookDraft) -> dict[str, Any]:
    return {
        "url": draft.url,
        "actions": json.dumps(sorted(draft.actions)),
        "models": draft.models,
        "description": draft.description,
        "is_active": draft.is_active,
    }


def _webhook_of(row: Row[*tuple[Any, ...]]) -> Webhook:
    return Webhook(
        id=row.id,
        draft=WebhookDraft(
            url=row.url,
            actions=frozenset(map(Action, json.loads(row.actions))),
            models=row.models,
            description=row.description,
            is_active=row.is_active,
        ),
        secret=row.secret,
        position=row.position,
        created_at=from_ms(row.created_at_ms),
        created_by=row.created_by,
        updated_at=from_ms(row.updated_at_ms),
        updated_by=row.updated_by,
        revision=row.revision,
    )
