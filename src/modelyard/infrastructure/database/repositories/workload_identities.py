"""Which workloads are trusted, in a table."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from modelyard.domain.access.token import Scope
from modelyard.domain.access.workload import WorkloadIdentity, WorkloadIdentityDraft
from modelyard.domain.access_errors import WorkloadIdentityNotFound
from modelyard.infrastructure.database.access_tables import accounts, workload_identities
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.repositories.accounts import count_up

_SELECT = (
    select(workload_identities, accounts.c.name.label("account"))
    .join(accounts, accounts.c.id == workload_identities.c.account_id)
    .order_by(workload_identities.c.id)
)


class SqlWorkloadIdentities:
    """`WorkloadIdentities` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, account_id: int, draft: WorkloadIdentityDraft, *, by: str, at: datetime) -> WorkloadIdentity:
        """One insert; it takes no right away, so that nothing remembered has to be forgotten."""
        values = {
            "account_id": account_id,
            "issuer": draft.issuer,
            "audience": draft.audience,
            "subject": draft.subject,
            "scopes": json.dumps(sorted(draft.scopes)),
            "models": json.dumps(draft.models),
            "ttl_seconds": draft.ttl_seconds,
            "created_at_ms": to_ms(at),
            "created_by": by,
        }
        added = insert(workload_identities).returning(workload_identities.c.id)
        return self.get(self._connection.execute(added, values).scalar_one())

    def get(self, identity_id: int) -> WorkloadIdentity:
        """By primary key."""
        row = self._connection.execute(_SELECT.where(workload_identities.c.id == identity_id)).first()
        if row is None:
            raise WorkloadIdentityNotFound(f"there is no workload identity {identity_id}", hint="List them.")
        return _identity_of(row)

    def all(self) -> Sequence[WorkloadIdentity]:
        """A registry has a few."""
        return [_identity_of(row) for row in self._connection.execute(_SELECT)]

    def of_issuer(self, issuer: str) -> Sequence[WorkloadIdentity]:
        """By index."""
        found = self._connection.execute(_SELECT.where(workload_identities.c.issuer == issuer))
        return [_identity_of(row) for row in found]

    def delete(self, identity_id: int) -> None:
        """By primary key."""
        count_up(self._connection)
        self._connection.execute(delete(workload_identities).where(workload_identities.c.id == identity_id))


def _identity_of(row: Row[*tuple[Any, ...]]) -> WorkloadIdentity:
    draft = WorkloadIdentityDraft(
        account=row.account,
        issuer=row.issuer,
        audience=row.audience,
        subject=row.subject,
        scopes=frozenset(map(Scope, json.loads(row.scopes))),
        models=tuple(json.loads(row.models)),
        ttl_seconds=row.ttl_seconds,
    )
    return WorkloadIdentity(id=row.id, draft=draft, created_at=from_ms(row.created_at_ms), created_by=row.created_by)
