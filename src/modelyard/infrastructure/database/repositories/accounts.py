"""Accounts and groups in tables."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Row, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from modelyard.domain.access.account import Account, AccountDraft, AccountKind, Group
from modelyard.domain.access.grant import SubjectKind
from modelyard.domain.access_errors import AccountExists, AccountNotFound, GroupExists, GroupNotFound
from modelyard.infrastructure.database.access_tables import access_state, accounts, grants, group_members, groups
from modelyard.infrastructure.database.locks import hold
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.prepared import Prepared

_REVISION = Prepared(select(func.coalesce(func.max(access_state.c.revision), 0)))
_FIRST = {"id": 1, "revision": 1}
_NEXT = {"revision": access_state.c.revision + 1}
_COUNT_UP: dict[str, Insert] = {
    "sqlite": sqlite.insert(access_state).values(_FIRST).on_conflict_do_update(index_elements=["id"], set_=_NEXT),
    "postgresql": postgresql.insert(access_state)
    .values(_FIRST)
    .on_conflict_do_update(index_elements=["id"], set_=_NEXT),
}
_NAMED = accounts.c.name == bindparam("of_name")
_MEMBERS = select(group_members.c.group_id, accounts.c.name).join(accounts, accounts.c.id == group_members.c.account_id)
_GROUPS_OF = select(group_members.c.account_id, groups.c.name).join(groups, groups.c.id == group_members.c.group_id)


def count_up(connection: Connection) -> None:
    """Let everybody who holds a standing look again. Changes of access happen one after the other."""
    hold(connection, "access")
    connection.execute(_COUNT_UP[connection.dialect.name])


class SqlAccounts:
    """`Accounts` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def revision(self) -> int:
        """On the driver itself: it is asked for with every request."""
        return int(_REVISION.one(self._connection, {})[0])

    def hold(self) -> None:
        """One lock for all of it: it changes seldom."""
        hold(self._connection, "access")

    def add(self, draft: AccountDraft, *, by: str, at: datetime) -> Account:
        """One insert, behind the lock of all changes of access."""
        count_up(self._connection)
        if self._connection.execute(select(accounts.c.id).where(_NAMED), {"of_name": draft.name}).first():
            raise AccountExists(f"an account {draft.name!r} exists", hint="Choose another name; none is given twice.")
        values = {"name": draft.name, "kind": draft.kind, "display_name": draft.display_name, "is_active": True}
        self._connection.execute(insert(accounts), {**values, **_made(by, at)})
        return self.get(draft.name)

    def get(self, name: str) -> Account:
        """By the unique constraint."""
        found = self._accounts(_NAMED, {"of_name": name})
        if not found:
            raise AccountNotFound(f"there is no account {name!r}")
        return found[0]

    def get_to_change(self, name: str) -> Account:
        """Behind the lock of all changes of access."""
        hold(self._connection, "access")
        return self.get(name)

    def all(self) -> Sequence[Account]:
        """In two statements."""
        return self._accounts(None, {})

    def save(self, account: Account, *, by: str, at: datetime) -> Account:
        """The revision counts in SQL."""
        count_up(self._connection)
        changed = {"display_name": account.display_name, "is_active": account.is_active, **_changed(accounts, by, at)}
        self._connection.execute(update(accounts).where(accounts.c.id == account.id).values(changed))
        return self.get(account.name)

    def of_identity(self, issuer: str, subject: str) -> Account | None:
        """By the unique constraint."""
        theirs = (accounts.c.issuer == bindparam("of_issuer")) & (accounts.c.subject == bindparam("of_subject"))
        found = self._accounts(theirs, {"of_issuer": issuer, "of_subject": subject})
        return found[0] if found else None

    def is_linked(self, account: Account) -> bool:
        """By primary key."""
        return (
            self._connection.execute(select(accounts.c.issuer).where(accounts.c.id == account.id)).scalar() is not None
        )

    def link(self, account: Account, issuer: str, subject: str) -> None:
        """By primary key."""
        linked = update(accounts).where(accounts.c.id == account.id).values(issuer=issuer, subject=subject)
        self._connection.execute(linked)

    def password_hash(self, account: Account) -> str | None:
        """By primary key."""
        return self._connection.execute(select(accounts.c.password_hash).where(accounts.c.id == account.id)).scalar()

    def set_password(self, account: Account, hashed: str | None) -> None:
        """By primary key."""
        self._connection.execute(update(accounts).where(accounts.c.id == account.id).values(password_hash=hashed))

    def add_group(self, name: str, description: str, *, by: str, at: datetime) -> Group:
        """One insert, behind the lock of all changes of access."""
        count_up(self._connection)
        if self._groups(groups.c.name == name):
            raise GroupExists(f"a group {name!r} exists")
        self._connection.execute(insert(groups), {"name": name, "description": description, **_made(by, at)})
        return self.group(name)

    def group(self, name: str) -> Group:
        """By the unique constraint."""
        found = self._groups(groups.c.name == name)
        if not found:
            raise GroupNotFound(f"there is no group {name!r}")
        return found[0]

    def all_groups(self) -> Sequence[Group]:
        """In two statements."""
        return self._groups(None)

    def delete_group(self, group: Group) -> None:
        """With the rows that name it."""
        count_up(self._connection)
        of_group = grants.c.subject_kind == SubjectKind.GROUP, grants.c.subject_id == group.id
        self._connection.execute(delete(grants).where(*of_group))
        self._connection.execute(delete(group_members).where(group_members.c.group_id == group.id))
        self._connection.execute(delete(groups).where(groups.c.id == group.id))

    def join(self, group: Group, account: Account, *, is_claimed: bool = False) -> bool:
        """One insert, behind the lock of all changes of access."""
        count_up(self._connection)
        if self._connection.execute(select(group_members).where(*_membership(group, account))).first():
            return False
        member = {"group_id": group.id, "account_id": account.id, "is_claimed": is_claimed}
        self._connection.execute(insert(group_members), member)
        return True

    def claimed_groups(self, account: Account) -> Collection[str]:
        """By the index of accounts."""
        claimed = group_members.c.account_id == account.id, group_members.c.is_claimed.is_(True)
        statement = select(groups.c.name).join(group_members, group_members.c.group_id == groups.c.id).where(*claimed)
        return set(self._connection.execute(statement).scalars())

    def leave(self, group: Group, account: Account) -> bool:
        """One delete."""
        count_up(self._connection)
        gone = self._connection.execute(delete(group_members).where(*_membership(group, account)))
        return gone.rowcount > 0

    def _accounts(self, condition: ColumnElement[bool] | None, parameters: dict[str, str]) -> Sequence[Account]:
        statement = select(accounts).order_by(accounts.c.name)
        if condition is not None:
            statement = statement.where(condition)
        rows = self._connection.execute(statement, parameters).all()
        keys = [row.id for row in rows]
        found = self._connection.execute(_GROUPS_OF.where(group_members.c.account_id.in_(keys)).order_by(groups.c.name))
        names = _gathered(found.all())
        return [_account_of(row, names.get(row.id, [])) for row in rows]

    def _groups(self, condition: ColumnElement[bool] | None) -> Sequence[Group]:
        statement = select(groups).order_by(groups.c.name)
        rows = self._connection.execute(statement if condition is None else statement.where(condition)).all()
        keys = [row.id for row in rows]
        found = self._connection.execute(_MEMBERS.where(group_members.c.group_id.in_(keys)).order_by(accounts.c.name))
        members = _gathered(found.all())
        return [_group_of(row, members.get(row.id, [])) for row in rows]


def _membership(group: Group, account: Account) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return group_members.c.group_id == group.id, group_members.c.account_id == account.id


def _gathered(pairs: Sequence[Row[int, str]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for key, name in pairs:
        found.setdefault(key, []).append(name)
    return found


def _made(by: str, at: datetime) -> dict[str, Any]:
    moment = to_ms(at)
    return {"created_at_ms": moment, "created_by": by, "updated_at_ms": moment, "updated_by": by, "revision": 1}


def _changed(table: Table, by: str, at: datetime) -> dict[str, Any]:
    return {"updated_at_ms": to_ms(at), "updated_by": by, "revision": table.c.revision + 1}


def _account_of(row: Row[*tuple[Any, ...]], names: Sequence[str]) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        kind=AccountKind(row.kind),
        display_name=row.display_name,
        is_active=row.is_active,
        groups=tuple(names),
        **_history_of(row),
    )


def _group_of(row: Row[*tuple[Any, ...]], members: Sequence[str]) -> Group:
    return Group(id=row.id, name=row.name, description=row.description, members=tuple(members), **_history_of(row))


def _history_of(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    return {
        "created_at": from_ms(row.created_at_ms),
        "created_by": row.created_by,
        "updated_at": from_ms(row.updated_at_ms),
        "updated_by": row.updated_by,
        "revision": row.revision,
    }
