"""Remembered answers in a table."""

import json
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from modelyard.application.ports.answers import Answer, RememberedAnswer
from modelyard.domain.errors import IdempotencyConflict
from modelyard.infrastructure.database.locks import hold
from modelyard.infrastructure.database.moments import to_ms
from modelyard.infrastructure.database.tables import answers

_SWEPT = 20
"""How many expired answers go with each new one: more than one, so that they do not pile up."""

_FIND = select(answers.c.fingerprint, answers.c.status, answers.c.headers, answers.c.body).where(
    answers.c.principal == bindparam("by_principal"),
    answers.c.key == bindparam("by_key"),
    answers.c.expires_at_ms > bindparam("at_ms"),
)
_ADD = {
    "sqlite": sqlite.insert(answers).on_conflict_do_nothing().returning(answers.c.key),
    "postgresql": postgresql.insert(answers).on_conflict_do_nothing().returning(answers.c.key),
}
_DROP = delete(answers).where(
    answers.c.principal == bindparam("by_principal"),
    answers.c.key == bindparam("by_key"),
    answers.c.expires_at_ms <= bindparam("at_ms"),
)
_EXPIRED = (
    select(answers.c.principal, answers.c.key)
    .where(answers.c.expires_at_ms <= bindparam("at_ms"))
    .order_by(answers.c.expires_at_ms)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_COUNT_EXPIRED = select(func.count()).where(answers.c.expires_at_ms <= bindparam("at_ms"))


class SqlAnswers:
    """`Answers` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, principal: str, key: str, *, at: datetime) -> RememberedAnswer | None:
        """By primary key; one that has expired is there until it is swept, and not found.

        Who comes with the same key at the same time waits here, and then finds the answer.
        """
        hold(self._connection, f"answer/{principal}/{key}")
        values = {"by_principal": principal, "by_key": key, "at_ms": to_ms(at)}
        row = self._connection.execute(_FIND, values).first()
        if row is None:
            return None
        answer = Answer(status=row.status, headers=json.loads(row.headers), body=row.body)
        return RememberedAnswer(fingerprint=row.fingerprint, answer=answer)

    def remember(
        self, principal: str, key: str, remembered: RememberedAnswer, *, at: datetime, expires_at: datetime
    ) -> None:
        """At most 20 that have expired go with it, the oldest first, and one under the same key in any case."""
        at_ms = to_ms(at)
        self._connection.execute(_DROP, {"by_principal": principal, "by_key": key, "at_ms": at_ms})
        self.expire(at=at, limit=_SWEPT)
        values = {
            "principal": principal,
            "key": key,
            "fingerprint": remembered.fingerprint,
            "status": remembered.answer.status,
            "headers": json.dumps(dict(remembered.answer.headers)),
            "body": remembered.answer.body,
            "expires_at_ms": to_ms(expires_at),
        }
        if self._connection.execute(_ADD[self._connection.dialect.name], values).first() is None:
            raise IdempotencyConflict(f"the key {key!r} is being used by another request")

    def expired(self, *, at: datetime) -> int:
        """From the index of expiry."""
        return int(self._connection.execute(_COUNT_EXPIRED, {"at_ms": to_ms(at)}).scalar_one())

    def expire(self, *, at: datetime, limit: int) -> int:
        """By primary key, those that no other transaction holds."""
        at_ms = to_ms(at)
        expired = self._connection.execute(_EXPIRED, {"at_ms": at_ms, "at_most": limit}).all()
        drops = [{"by_principal": by, "by_key": of, "at_ms": at_ms} for by, of in expired]
        if drops:
            self._connection.execute(_DROP, drops)
        return len(drops)
