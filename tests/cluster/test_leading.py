"""What only one process may do at a time, and what one process tells the others."""

import asyncio
import secrets
import sys

import httpx
import psycopg

from modelyard.application.services.collection import TASK
from modelyard.infrastructure.database.locks import number_of
from modelyard.infrastructure.database.postgresql import PostgresqlDatabase
from tests.api.steps import done, form
from tests.servers.cluster import PATIENCE_SECONDS, Cluster, eventually

LEADERS = """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND database = (
    SELECT oid FROM pg_database WHERE datname = current_database()
) AND (classid::bigint << 32) | objid::bigint = %s::bigint
"""
ANNOUNCING = """
import asyncio, sys
from modelyard.infrastructure.database.postgresql import PostgresqlDatabase

async def announce():
    database = PostgresqlDatabase(sys.argv[1])
    await database.open()
    await database.write(lambda tx: tx.announce("events"))
    await database.close()

asyncio.run(announce())
"""


def leaders(connection: psycopg.Connection) -> list[str]:
    """The servers whose collector is at work."""
    return [name for (name,) in connection.execute(LEADERS, (number_of(f"leading/{TASK}"),))]


async def test_one_collector_works_at_a_time_and_a_killed_one_is_replaced(cluster: Cluster) -> None:
    content = secrets.token_bytes(1000)
    async with cluster.in_turn() as client:
        digest = await abandoned_file(client, content)
    assert any(digest in key for key in cluster.bucket.objects())
    with (
        psycopg.connect(cluster.database_url, autocommit=True) as watcher,
        psycopg.connect(cluster.database_url) as holder,
    ):
        holder.execute("LOCK TABLE blobs IN ACCESS EXCLUSIVE MODE")  # who collects stands still here
        await eventually(lambda: bool(leaders(watcher)))
        (first,) = leaders(watcher)
        cluster.servers[int(first.removeprefix("server-"))].kill()
        await eventually(lambda: leaders(watcher) not in ([], [first]))
        assert len(leaders(watcher)) == 1
        holder.execute("UPDATE blobs SET lease_until_ms = 0 WHERE digest = %s", (f"sha256:{digest}",))
        holder.commit()
    await eventually(lambda: not any(digest in key for key in cluster.bucket.objects()))


async def abandoned_file(client: httpx.AsyncClient, content: bytes) -> str:
    model = f"gone-{secrets.token_hex(4)}"
    made = done(await client.post(f"/models/{model}/versions?create_model=true", files=form({"model.bin": content})))
    done(await client.delete(f"/models/{model}"))
    digest: str = made["files"][0]["digest"]
    return digest.removeprefix("sha256:")


async def test_an_announcement_of_one_process_is_heard_in_another(postgresql_url: str) -> None:
    database = PostgresqlDatabase(postgresql_url)
    await database.open()
    async with database.listening("events") as listener:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", ANNOUNCING, postgresql_url)
        assert await listener.heard(PATIENCE_SECONDS)
        assert await process.wait() == 0
    await database.close()
