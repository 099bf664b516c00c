"""Sign-ins that are under way, in a table."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert

from modelyard.infrastructure.database.access_tables import sign_ins
from modelyard.infrastructure.database.moments import to_ms


class SqlSignIns:
    """`SignIns` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, state_hash: bytes, browser_hash: bytes, target: str, *, at: datetime, expires_at: datetime) -> None:
        """One insert, behind a sweep; as few rows as people sign in within ten minutes."""
        self._connection.execute(delete(sign_ins).where(sign_ins.c.expires_at_ms < to_ms(at)))
        values = {"state_hash": state_hash, "browser_hash": browser_hash, "target": target}
        self._connection.execute(insert(sign_ins), {**values, "expires_at_ms": to_ms(expires_at)})

    def take(self, state_hash: bytes, *, at: datetime) -> tuple[bytes, str] | None:
        """One delete, which the database gives to one of those who try."""
        taken = delete(sign_ins).where(sign_ins.c.state_hash == state_hash)
        row = self._connection.execute(taken.returning(sign_ins)).first()
        return None if row is None or row.expires_at_ms < to_ms(at) else (bytes(row.browser_hash), row.target)
