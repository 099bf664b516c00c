"""Servers that are restarted or killed while requests come, behind nginx where it is installed.

`make test-cluster` repeats each loss; `make test` takes one round of each.
"""

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from tests.cluster.traffic import Traffic
from tests.servers.cluster import Cluster, Replica, eventually

IN_FULL = "make test-cluster runs it; it trains models"
ROUNDS = int(os.environ.get("CLUSTER_ROUNDS", "1"))


@pytest.fixture
async def front(cluster: Cluster) -> AsyncIterator[httpx.AsyncClient]:
    async with cluster.in_front() as client:
        yield client


def traffic_to(front: httpx.AsyncClient, *, has_keys: bool) -> Traffic:
    return Traffic(client=front, model=f"busy-{secrets.token_hex(4)}", has_keys=has_keys)


async def test_a_rolling_restart_fails_no_request(cluster: Cluster, front: httpx.AsyncClient) -> None:
    traffic = traffic_to(front, has_keys=False)
    async with traffic.flowing():
        for server in cluster.servers * ROUNDS:
            assert await asyncio.to_thread(server.stop) == 0
            await traffic.more()
            server.start()
            await asyncio.to_thread(server.await_ready)
            await until_taken_up(server, cluster)
            await traffic.more()
    await traffic.check()


async def until_taken_up(server: Replica, cluster: Cluster) -> None:
    """nginx counts a server that refused it as gone for a second, so who restarts the next one waits longer."""
    if cluster.nginx is not None:
        await asyncio.sleep(1.5)


def server(replica: Replica) -> None:
    replica.kill()


def worker(replica: Replica) -> None:
    os.kill(replica.workers()[0], signal.SIGKILL)


@pytest.mark.parametrize("kill", [server, worker])
async def test_nothing_acknowledged_is_lost_with_a_killed(
    kill: Callable[[Replica], None], cluster: Cluster, front: httpx.AsyncClient
) -> None:
    """Reads and requests with a key go to the other server, at once or when they are sent again."""
    traffic = traffic_to(front, has_keys=True)
    async with traffic.flowing():
        for replica in cluster.servers * ROUNDS:
            before = set(replica.workers())
            kill(replica)
            await traffic.more()
            await asyncio.to_thread(cluster.heal)
            await eventually(lambda replica=replica, before=before: is_whole(replica, before))  # type: ignore[misc]  # bound now
            await until_taken_up(replica, cluster)
    await traffic.check()


def is_whole(replica: Replica, before: set[int]) -> bool:
    workers = set(replica.workers())
    return len(workers) == len(before) and workers != before
