"""A PostgreSQL that tests open, and whose connections they hurt."""

import contextlib
from collections.abc import AsyncIterator

import psycopg

from modelyard.infrastructure.database.postgresql import PostgresqlDatabase


@contextlib.asynccontextmanager
async def opened(url: str, limit_seconds: float = 15.0) -> AsyncIterator[PostgresqlDatabase]:
    database = PostgresqlDatabase(url, pool_size=3, limit_seconds=limit_seconds)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


def kill_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def backends(url: str) -> list[int]:
    with psycopg.connect(url) as other:
        rows = other.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'modelyard'").fetchall()
    return [pid for (pid,) in rows]
