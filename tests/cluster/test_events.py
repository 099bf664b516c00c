"""What happens through one server is told by all others."""

import secrets

import httpx
import pytest

from tests.api.steps import done
from tests.integration.event_reader import reading
from tests.servers.cluster import Cluster


def test_a_stream_of_one_server_tells_what_happens_through_another_and_goes_on_at_another(cluster: Cluster) -> None:
    one, two = cluster.servers
    model = f"live-{secrets.token_hex(4)}"
    who = cluster.authorization()
    with httpx.Client(base_url=f"{two.url}/api/v1", headers=who, trust_env=False, timeout=60) as api:
        with reading(one.port, f"/events?model={model}", who=who) as stream:
            done(api.post("/models", json={"name": model}))
            created = stream.next()
        assert created
        assert created.kind == "model.created"
        done(api.patch(f"/models/{model}", json={"description": "meanwhile"}))

        with reading(two.port, f"/events?model={model}", last=created.id, who=who) as stream:
            updated = stream.next()

    assert updated
    assert updated.kind == "model.updated"


def test_what_stands_before_the_servers_holds_back_no_event(cluster: Cluster) -> None:
    if cluster.nginx is None:
        pytest.skip("nginx is not installed, so nothing stands before the servers")
    who, model = cluster.authorization(), f"live-{secrets.token_hex(4)}"
    url = f"{cluster.nginx.url}/api/v1"
    with (
        httpx.Client(base_url=url, headers=who, trust_env=False, timeout=60) as api,
        reading(cluster.nginx.port, f"/events?model={model}", who=who) as stream,
    ):
        done(api.post("/models", json={"name": model}))
        created = stream.next()
    assert created
    assert created.kind == "model.created"
