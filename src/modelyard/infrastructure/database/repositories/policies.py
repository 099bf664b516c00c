"""Policies in a table."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select, update

from modelyard.application.ports.policies import StoredPolicy
from modelyard.domain.json_value import canonical_json, read_object
from modelyard.domain.policy import Policy, policy_of
from modelyard.infrastructure.database.locks import hold
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.tables import policies

_COVERING = select(policies).where(or_(policies.c.model_id == bindparam("of_model"), policies.c.pattern.is_not(None)))
_GLOBS = select(policies).where(policies.c.pattern.is_not(None)).order_by(policies.c.pattern)
_OF_PATTERN = select(policies).where(policies.c.pattern == bindparam("of_pattern"))
_OF_MODEL = select(policies).where(policies.c.model_id == bindparam("of_model"))
_ADD = insert(policies)
_CHANGED = {
    "document": bindparam("new_document"),
    "updated_at_ms": bindparam("at_ms"),
    "updated_by": bindparam("by"),
    "revision": policies.c.revision + 1,
}
_CHANGE = update(policies).where(policies.c.id == bindparam("of_id")).values(_CHANGED)
_DELETE = delete(policies).where(policies.c.id == bindparam("of_id"))


class SqlPolicies:
    """`Policies` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def covering(self, model_id: int) -> Sequence[StoredPolicy]:
        """In one statement; globs are few, and matched by the domain."""
        return [_policy_of(row) for row in self._connection.execute(_COVERING, {"of_model": model_id})]

    def globs(self) -> Sequence[StoredPolicy]:
        """In the order of code points."""
        return [_policy_of(row) for row in self._connection.execute(_GLOBS)]

    def of_pattern(self, pattern: str) -> StoredPolicy | None:
        """By the unique constraint."""
        row = self._connection.execute(_OF_PATTERN, {"of_pattern": pattern}).first()
        return None if row is None else _policy_of(row)

    def of_pattern_to_change(self, pattern: str) -> StoredPolicy | None:
        """One lock for all globs: they change a few times a year."""
        hold(self._connection, "policies")
        return self.of_pattern(pattern)

    def of_model(self, model_id: int) -> StoredPolicy | None:
        """By the unique constraint."""
        row = self._connection.execute(_OF_MODEL, {"of_model": model_id}).first()
        return None if row is None else _policy_of(row)

    def set_of_model(self, model_id: int, policy: Policy, *, by: str, at: datetime) -> None:
        """The revision counts in SQL."""
        self._set(self.of_model(model_id), {"model_id": model_id, "pattern": None}, policy, by, at)

    def set_of_pattern(self, pattern: str, policy: Policy, *, by: str, at: datetime) -> None:
        """The revision counts in SQL."""
        self._set(self.of_pattern(pattern), {"model_id": None, "pattern": pattern}, policy, by, at)

    def delete(self, policy_id: int) -> None:
        """By primary key."""
        self._connection.execute(_DELETE, {"of_id": policy_id})

    def _set(
        self, held: StoredPolicy | None, owner: dict[str, int | str | None], policy: Policy, by: str, at: datetime
    ) -> None:
        document = canonical_json(policy.document()).decode()
        if held is None:
            new = {**owner, "document": document, "updated_at_ms": to_ms(at), "updated_by": by, "revision": 1}
            self._connection.execute(_ADD, new)
        else:
            changed = {"of_id": held.id, "new_document": document, "at_ms": to_ms(at), "by": by}
            self._connection.execute(_CHANGE, changed)


@lru_cache(maxsize=1024)
def _read(document: str) -> Policy:
    """Parsed once: policies are read at each promotion, and change a few times a year."""
    return policy_of(read_object(document))


def _policy_of(row: Row[*tuple[Any, ...]]) -> StoredPolicy:
    return StoredPolicy(
        id=row.id,
        model_id=row.model_id,
        pattern=row.pattern,
        policy=_read(row.document),
        updated_at=from_ms(row.updated_at_ms),
        updated_by=row.updated_by,
        revision=row.revision,
    )
