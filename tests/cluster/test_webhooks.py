"""Several servers on one database tell of everything, in order for each model, also when one is killed meanwhile."""

import asyncio
import secrets
from pathlib import Path

import httpx

from tests.api.steps import done
from tests.integration.test_webhooks import OPEN, in_order
from tests.postgresql_server import Databases
from tests.servers.cluster import serving_cluster
from tests.servers.receiver import receiving
from tests.servers.seaweedfs import S3Bucket

MODELS = 4
CHANGES = 15


async def test_every_event_arrives_though_the_server_that_sends_is_killed(
    postgresql: Databases, migrated_template: str, s3_bucket: S3Bucket, tmp_path: Path
) -> None:
    variables = {**OPEN, "MODELYARD_WEBHOOK_TIMEOUT_SECONDS": "1"}
    with (
        receiving() as receiver,
        postgresql.database(migrated_template) as url,
        serving_cluster(url, s3_bucket, tmp_path, has_nginx=False, **variables) as cluster,
    ):
        prefix = f"m-{secrets.token_hex(3)}"
        models = [f"{prefix}-{number}" for number in range(MODELS)]
        async with cluster.in_turn() as api:
            made = done(await api.post("/webhooks", json={"url": receiver.url, "models": f"{prefix}*"}))
            changing = [asyncio.create_task(change(api, model)) for model in models]
            await asyncio.to_thread(receiver.await_count, MODELS)
            await asyncio.gather(*changing)
            for server in cluster.servers:  # one of them is the one that sends
                server.kill()
                server.start()
                await asyncio.to_thread(server.await_ready)
                await asyncio.gather(*(change(api, model) for model in models))
            total = MODELS * (1 + 3 * CHANGES)
            received = await asyncio.to_thread(
                receiver.await_that, lambda came: sum(map(len, in_order(came).values())) == total
            )
            await check_order(api, in_order(received))

    assert all(each.is_signed_by(made["secret"]) for each in received)


async def change(api: httpx.AsyncClient, model: str) -> None:
    await api.post("/models", json={"name": model})
    for _ in range(CHANGES):
        done(await api.patch(f"/models/{model}", json={"description": secrets.token_hex(8)}))


async def check_order(api: httpx.AsyncClient, arrived: dict[str, list[int]]) -> None:
    assert len(arrived) == MODELS
    for model, sequences in arrived.items():
        listed = done(await api.get("/events", params={"model": model, "sort": "sequence", "limit": 500}))["items"]
        assert sequences == [event["sequence"] for event in listed]
