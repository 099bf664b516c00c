"""What happens through one server is told by all others."""

import secrets

import httpx

from tests.api.steps import done
from tests.integration.event_reader import reading
from tests.servers.cluster import Cluster


def test_a_stream_of_one_server_tells_what_happens_through_another_and_goes_on_at_another(cluster: Cluster) -> None:
    one, two = cluster.servers
    model = f"live-{secrets.token_hex(4)}"
    with httpx.Client(base_url=f"{two.url}/api/v1", trust_env=False, timeout=60) as api:
        with reading(one.port, f"/events?model={model}") as stream:
            done(api.post("/models", json={"name": model}))
            created = stream.next()
        assert created
        assert created.kind == "model.created"
        done(api.patch(f"/models/{model}", json={"description": "meanwhile"}))

        with reading(two.port, f"/events?model={model}", last=created.id) as stream:
            updated = stream.next()

    assert updated
    assert updated.kind == "model.updated"
