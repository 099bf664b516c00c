"""Sign-ins of programs by a browser, in a table."""

import json
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, false, insert, select, update

from modelyard.domain.access.account import Account
from modelyard.domain.access.device import DeviceDraft, DeviceSignIn
from modelyard.domain.access.token import Scope
from modelyard.infrastructure.database.access_tables import accounts, device_sign_ins
from modelyard.infrastructure.database.moments import from_ms, to_ms

_TOLD_FOR = timedelta(minutes=10)
"""How long one that has expired is still told so, rather than that there is none."""
_SELECT = select(device_sign_ins, accounts.c.name.label("account")).outerjoin(
    accounts, accounts.c.id == device_sign_ins.c.account_id
)


class SqlDeviceSignIns:
    """`DeviceSignIns` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, device_hash: bytes, user_hash: bytes, draft: DeviceDraft, *, at: datetime, expires_at: datetime
    ) -> None:
        """One insert, behind a sweep."""
        old = device_sign_ins.c.expires_at_ms < to_ms(at - _TOLD_FOR)
        self._connection.execute(delete(device_sign_ins).where(old))
        values = {
            "device_hash": device_hash,
            "user_hash": user_hash,
            "client": draft.client,
            "scopes": json.dumps(sorted(draft.scopes)),
            "expires_at_ms": to_ms(expires_at),
            "is_refused": False,
        }
        self._connection.execute(insert(device_sign_ins), values)

    def of_user_code(self, user_hash: bytes) -> DeviceSignIn | None:
        """By its unique constraint."""
        return self._one(device_sign_ins.c.user_hash, user_hash)

    def of_device_code(self, device_hash: bytes) -> DeviceSignIn | None:
        """By primary key."""
        return self._one(device_sign_ins.c.device_hash, device_hash)

    def decide(self, user_hash: bytes, account: Account | None) -> bool:
        """One update, which the database lets one of those do who try."""
        is_open = device_sign_ins.c.account_id.is_(None), device_sign_ins.c.is_refused == false()
        decided = update(device_sign_ins).where(device_sign_ins.c.user_hash == user_hash, *is_open)
        values = {"account_id": None if account is None else account.id, "is_refused": account is None}
        return self._connection.execute(decided.values(values)).rowcount == 1

    def note_poll(self, device_hash: bytes, *, at: datetime) -> None:
        """By primary key."""
        this = device_sign_ins.c.device_hash == device_hash
        self._connection.execute(update(device_sign_ins).where(this).values(polled_at_ms=to_ms(at)))

    def take(self, device_hash: bytes) -> bool:
        """One delete, which the database gives to one of those who try."""
        taken = delete(device_sign_ins).where(device_sign_ins.c.device_hash == device_hash)
        return self._connection.execute(taken).rowcount == 1

    def _one(self, column: ColumnElement[bytes], value: bytes) -> DeviceSignIn | None:
        row = self._connection.execute(_SELECT.where(column == value)).first()
        if row is None:
            return None
        return DeviceSignIn(
            draft=DeviceDraft(client=row.client, scopes=frozenset(map(Scope, json.loads(row.scopes)))),
            expires_at=from_ms(row.expires_at_ms),
            polled_at=None if row.polled_at_ms is None else from_ms(row.polled_at_ms),
            account=row.account or "",
            is_refused=row.is_refused,
        )
