"""The history in a table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Connection, Row, bindparam, insert, literal_column, or_, select

from modelyard.application.ports.events import EventFilter
from modelyard.domain.digest import Digest
from modelyard.domain.event import REGISTRY_CHAIN, Action, Change, Event, hash_of
from modelyard.domain.json_value import JsonObject, canonical_json, read_object
from modelyard.infrastructure.database.dialects import ONE
from modelyard.infrastructure.database.locks import hold
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.tables import OF_PLACES, events

_HEAD = Prepared(
    select(events.c.position, events.c.hash)
    .where(events.c.chain == bindparam("chain"))
    .order_by(events.c.position.desc())
    .limit(ONE)
)
_APPEND = Prepared(
    insert(events).returning(events.c.sequence), [column.name for column in events.c if not column.primary_key]
)
_SELECT = select(
    events.c.sequence,
    events.c.position,
    events.c.at_ms,
    events.c.actor,
    events.c.action,
    events.c.model_id,
    events.c.model,
    events.c.version,
    events.c.before,
    events.c.after,
    events.c.reason,
    events.c.previous_hash,
    events.c.hash,
)


class SqlEvents:
    """`Events` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, change: Change) -> Event:
        """A unique constraint on chain and position keeps a chain from forking.

        Who writes to a model's chain holds the model; for the registry's own a lock is taken here.
        """
        if change.chain == REGISTRY_CHAIN:
            hold(self._connection, "events/registry")
        head = _HEAD.first(self._connection, {"chain": change.chain})
        position, previous_hash = (1, None) if head is None else (head[0] + 1, Digest(head[1]))
        digest = hash_of(change, position, previous_hash)
        values = {
            "chain": change.chain,
            "position": position,
            "at_ms": to_ms(change.at),
            "actor": change.actor,
            "action": change.action.value,
            "model_id": change.model_id,
            "model": change.model,
            "version": change.version,
            "before": _text_of(change.before),
            "after": _text_of(change.after),
            "reason": change.reason,
            "previous_hash": previous_hash,
            "hash": digest,
        }
        (sequence,) = _APPEND.one(self._connection, values)
        return Event(sequence=sequence, position=position, change=change, previous_hash=previous_hash, hash=digest)

    def page(self, wanted: EventFilter, *, beyond: int | None, is_descending: bool, limit: int) -> Sequence[Event]:
        """From an index for the model, the name or the actor; other filters walk the sequence."""
        statement = _SELECT
        for column in ("model_id", "model", "version", "action", "actor"):
            value = getattr(wanted, column)
            if value is not None:
                statement = statement.where(events.c[column] == value)
        sequence = events.c.sequence
        if beyond is not None:
            statement = statement.where(sequence < beyond if is_descending else sequence > beyond)
        statement = statement.order_by(sequence.desc() if is_descending else sequence).limit(limit)
        return [_event_of(row) for row in self._connection.execute(statement)]

    def of_places(
        self, model_id: int, *, until: datetime | None, beyond: int | None, limit: int, with_drafts: bool
    ) -> Sequence[Event]:
        """From an index of these events alone; with drafts, from that of all events of the model."""
        is_of_places = literal_column(OF_PLACES, Boolean)
        is_draft = events.c.action == Action.VERSION_REGISTERED.value
        is_wanted = or_(is_of_places, is_draft) if with_drafts else is_of_places
        statement = _SELECT.where(events.c.model_id == model_id, is_wanted)
        if until is not None:
            statement = statement.where(events.c.at_ms <= to_ms(until))
        if beyond is not None:
            statement = statement.where(events.c.sequence < beyond)
        statement = statement.order_by(events.c.sequence.desc()).limit(limit)
        return [_event_of(row) for row in self._connection.execute(statement)]


def _text_of(document: JsonObject | None) -> str | None:
    return None if document is None else canonical_json(document).decode()


def _document_of(text: str | None) -> JsonObject | None:
    return None if text is None else read_object(text)


def _event_of(row: Row[*tuple[Any, ...]]) -> Event:
    change = Change(
        at=from_ms(row.at_ms),
        actor=row.actor,
        action=Action(row.action),
        model_id=row.model_id,
        model=row.model,
        version=row.version,
        before=_document_of(row.before),
        after=_document_of(row.after),
        reason=row.reason,
    )
    return Event(
        sequence=row.sequence,
        position=row.position,
        change=change,
        previous_hash=None if row.previous_hash is None else Digest(row.previous_hash),
        hash=Digest(row.hash),
    )
