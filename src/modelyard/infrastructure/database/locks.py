"""Locks by name, for what no row stands for."""

import hashlib

from sqlalchemy import BigInteger, Connection, bindparam, func, select

_HOLD = select(func.pg_advisory_xact_lock(bindparam("lock", type_=BigInteger)))


def number_of(name: str) -> int:
    """The 64-bit number under which PostgreSQL knows the lock; two names that share one only wait for each other."""
    return int.from_bytes(hashlib.sha256(f"modelyard/{name}".encode()).digest()[:8], "big", signed=True)


def hold(connection: Connection, name: str) -> None:
    """Wait for the lock, and hold it until the transaction ends. On SQLite, whose changes wait for each other, nothing.

    A statement that comes after it sees what the holder before committed.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(_HOLD, {"lock": number_of(name)})
