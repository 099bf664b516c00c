"""Grants in a table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select

from modelyard.application.ports.access import StoredGrant
from modelyard.domain.access.grant import Grant, Subject, SubjectKind
from modelyard.domain.access.role import Role
from modelyard.domain.access_errors import AccountNotFound, GrantNotFound, GroupNotFound
from modelyard.infrastructure.database.access_tables import accounts, grants, group_members, groups
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.repositories.accounts import count_up

_OF_ACCOUNT = grants.c.subject_kind == SubjectKind.ACCOUNT
_OF_GROUP = grants.c.subject_kind == SubjectKind.GROUP
_SELECT = (
    select(grants, func.coalesce(accounts.c.name, groups.c.name).label("subject_name"))
    .outerjoin(accounts, and_(_OF_ACCOUNT, accounts.c.id == grants.c.subject_id))
    .outerjoin(groups, and_(_OF_GROUP, groups.c.id == grants.c.subject_id))
    .order_by(grants.c.id)
)


class SqlGrants:
    """`Grants` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, grant: Grant, *, by: str, at: datetime) -> StoredGrant:
        """One insert, behind the lock of all changes of access."""
        count_up(self._connection)
        subject_id = self._key_of(grant.subject)
        same = {
            "subject_kind": grant.subject.kind.value,
            "subject_id": subject_id,
            "models": grant.models,
            "role": grant.role.value,
        }
        found = self._connection.execute(
            select(grants.c.id).where(*(grants.c[name] == value for name, value in same.items()))
        ).scalar()
        if found is None:
            made = {**same, "created_at_ms": to_ms(at), "created_by": by}
            found = self._connection.execute(insert(grants).returning(grants.c.id), made).scalar_one()
        return self.get(found)

    def get(self, grant_id: int) -> StoredGrant:
        """By primary key."""
        row = self._connection.execute(_SELECT.where(grants.c.id == grant_id)).first()
        if row is None:
            raise GrantNotFound(f"there is no grant {grant_id}", hint="List the grants.")
        return _grant_of(row)

    def all(self, subject: Subject | None = None) -> Sequence[StoredGrant]:
        """By subject where there is one."""
        statement = _SELECT
        if subject is not None:
            of_subject = grants.c.subject_id == self._key_of(subject)
            statement = statement.where(grants.c.subject_kind == subject.kind.value, of_subject)
        return [_grant_of(row) for row in self._connection.execute(statement)]

    def of_account(self, account_id: int) -> Sequence[Grant]:
        """In one statement."""
        its_groups = select(group_members.c.group_id).where(group_members.c.account_id == account_id)
        own = and_(_OF_ACCOUNT, grants.c.subject_id == account_id)
        shared = and_(_OF_GROUP, grants.c.subject_id.in_(its_groups))
        return [_grant_of(row).grant for row in self._connection.execute(_SELECT.where(or_(own, shared)))]

    def delete(self, grant_id: int) -> None:
        """By primary key."""
        count_up(self._connection)
        self._connection.execute(delete(grants).where(grants.c.id == grant_id))

    def _key_of(self, subject: Subject) -> int:
        table = accounts if subject.kind is SubjectKind.ACCOUNT else groups
        key = self._connection.execute(select(table.c.id).where(table.c.name == subject.name)).scalar()
        if key is None:
            missing = AccountNotFound if subject.kind is SubjectKind.ACCOUNT else GroupNotFound
            raise missing(f"there is no {subject.kind} {subject.name!r}")
        return int(key)


def _grant_of(row: Row[*tuple[Any, ...]]) -> StoredGrant:
    subject = Subject(kind=SubjectKind(row.subject_kind), name=row.subject_name)
    return StoredGrant(
        id=row.id,
        grant=Grant(subject=subject, models=row.models, role=Role(row.role)),
        created_at=from_ms(row.created_at_ms),
        created_by=row.created_by,
    )
