"""The history in a table."""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Connection, Row, and_, bindparam, func, insert, literal_column, or_, select, text

from modelyard.application.ports.events import EventFilter, Head, RecordedLink
from modelyard.domain.digest import Digest
from modelyard.domain.event import REGISTRY_CHAIN, Action, Change, Event, Link, link_of, rfc3339
from modelyard.domain.json_value import JsonObject, read_object
from modelyard.infrastructure.database.dialects import ONE
from modelyard.infrastructure.database.locks import hold
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.tables import OF_PLACES, events
from modelyard.infrastructure.database.visibility import names_shown

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


_LINK_COLUMNS = (
    *(events.c.sequence, events.c.hash, events.c.position, events.c.at_ms, events.c.actor, events.c.action),
    *(events.c.model_id, events.c.model, events.c.version, events.c.before, events.c.after, events.c.reason),
    events.c.previous_hash,
)
_LINKS = Prepared(
    select(*_LINK_COLUMNS)
    .where(events.c.sequence > bindparam("beyond"))
    .order_by(events.c.sequence)
    .limit(bindparam("at_most"))
)
_LINKS_OF_CHAIN = Prepared(
    select(*_LINK_COLUMNS)
    .where(events.c.chain == bindparam("chain"), events.c.position > bindparam("beyond"))
    .order_by(events.c.position)
    .limit(bindparam("at_most"))
)
_ENDS = (
    select(events.c.chain, func.max(events.c.position).label("position"))
    .where(events.c.chain > bindparam("beyond"))
    .group_by(events.c.chain)
    .order_by(events.c.chain)
    .limit(bindparam("at_most"))
    .subquery()
)
_HEADS = (
    select(events.c.chain, events.c.model, events.c.position, events.c.hash)
    .join(_ENDS, and_(events.c.chain == _ENDS.c.chain, events.c.position == _ENDS.c.position))
    .order_by(events.c.chain)
)


_LAST = select(func.coalesce(func.max(events.c.sequence), 0))
_WRITERS = text("""
    SELECT virtualtransaction FROM pg_locks
    WHERE relation = 'events'::regclass AND mode = 'RowExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """)


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
        link = link_of(change, position, previous_hash)
        digest = link.hash()
        values = {
            "chain": change.chain,
            "position": position,
            "at_ms": to_ms(change.at),
            "actor": change.actor,
            "action": link.action,
            "model_id": change.model_id,
            "model": change.model,
            "version": change.version,
            "before": link.before,
            "after": link.after,
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
        if not wanted.visible.is_everything:
            statement = statement.where(events.c.model != "", names_shown(events.c.model, wanted.visible))
        sequence = events.c.sequence
        if beyond is not None:
            statement = statement.where(sequence < beyond if is_descending else sequence > beyond)
        statement = statement.order_by(sequence.desc() if is_descending else sequence).limit(limit)
        return [_event_of(row) for row in self._connection.execute(statement)]

    def last(self) -> int:
        """By primary key."""
        return int(self._connection.execute(_LAST).scalar_one())

    def writers(self) -> Set[str]:
        """Whoever has begun to insert on PostgreSQL, which locks the table before it draws a sequence.

        On SQLite changes come one after the other.
        """
        if self._connection.dialect.name == "sqlite":
            return frozenset()
        return frozenset(self._connection.execute(_WRITERS).scalars())

    def links(self, *, beyond: int, limit: int) -> Sequence[RecordedLink]:
        """By primary key, as the driver gives them: nothing is parsed that the hash does not need."""
        rows = _LINKS.all(self._connection, {"beyond": beyond, "at_most": limit})
        return [_recorded(row) for row in rows]

    def links_of_chain(self, chain: int, *, beyond: int, limit: int) -> Sequence[RecordedLink]:
        """By the unique constraint."""
        rows = _LINKS_OF_CHAIN.all(self._connection, {"chain": chain, "beyond": beyond, "at_most": limit})
        return [_recorded(row) for row in rows]

    def heads(self, *, beyond: int, limit: int) -> Sequence[Head]:
        """By the unique constraint, which has the last position of each chain at the end of its part."""
        rows = self._connection.execute(_HEADS, {"beyond": beyond, "at_most": limit})
        return [Head(chain=row.chain, model=row.model, position=row.position, hash=Digest(row.hash)) for row in rows]

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


def _recorded(row: Sequence[Any]) -> RecordedLink:
    sequence, digest, position, at_ms, *told, previous_hash = row
    actor, action, model_id, model, version, before, after, reason = told
    return RecordedLink(
        sequence=sequence,
        hash=digest,
        link=Link(
            position=position,
            at=rfc3339(from_ms(at_ms)),
            actor=actor,
            action=action,
            model_id=model_id,
            model=model,
            version=version,
            before=before,
            after=after,
            reason=reason,
            previous_hash=previous_hash,
        ),
    )


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
