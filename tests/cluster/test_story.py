"""The demo's story, told through the front of a cluster."""

import os
from pathlib import Path

import pytest

from tests.api.steps import done
from tests.cluster.test_losses import IN_FULL
from tests.e2e.test_demo import MODELS, PROVEN, run_demo
from tests.servers.cluster import Cluster


@pytest.mark.skipif("CLUSTER_ROUNDS" not in os.environ, reason=IN_FULL)
async def test_the_demo_ends_well(cluster: Cluster, tmp_path: Path) -> None:
    if cluster.nginx is None:
        pytest.skip("nginx is not installed, and the demo knows one address")
    status, output = run_demo(tmp_path, "--url", cluster.nginx.url, MODELYARD_TOKEN=cluster.token)
    assert (status, PROVEN in output) == (0, True), output
    async with cluster.in_turn() as client:
        actors = {event["actor"] for event in done(await client.get("/events", params={"model": "demo.wine"}))["items"]}
        assert actors == {"training", "release"}
        for model in MODELS * 2:
            version = (await client.get(f"/models/{model}/versions/production")).json()
            assert version["aliases"] == ["champion"]
