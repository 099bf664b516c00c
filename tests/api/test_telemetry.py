"""How the server answers, as Prometheus reads it."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.api.access import Guarded, made
from tests.api.in_process import ORIGIN
from tests.api.steps import done, refused

METRICS = f"{ORIGIN}/metrics"
DURATION = "http_server_request_duration_seconds"
Counts = dict[tuple[str, str, str], float]


def samples_of(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def counts_of(text: str) -> Counts:
    """How often, by method, route and status."""
    names = ("http_request_method", "http_route", "http_response_status_code")
    counted = samples_of(text).get(f"{DURATION}_count", [])
    return {(labels[names[0]], labels[names[1]], labels[names[2]]): value for labels, value in counted}


async def test_requests_are_counted_by_method_route_and_status(api: httpx.AsyncClient) -> None:
    made(await api.post("/models", json={"name": "churn"}))
    for _ in range(3):
        done(await api.get("/models/churn"))
    await api.head("/models/churn")
    refused(await api.get("/models/nobody"), 404, "model-not-found")
    refused(await api.get("/models/churn?verbose=1"), 422, "invalid-input")
    model = "/api/v1/models/{model}"
    answer = await api.get(METRICS)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert (
        counts_of(answer.text).items()
        >= {
            ("POST", "/api/v1/models", "201"): 1,
            ("GET", model, "200"): 3,
            ("HEAD", model, "200"): 1,
            ("GET", model, "404"): 1,
            ("GET", model, "422"): 1,
        }.items()
    )


async def test_durations_lie_within_bounds(api: httpx.AsyncClient) -> None:
    done(await api.get("/models"))
    told = samples_of((await api.get(METRICS)).text)
    [total] = [value for labels, value in told[f"{DURATION}_sum"] if labels["http_route"] == "/api/v1/models"]
    below = [value for labels, value in told[f"{DURATION}_bucket"] if labels["http_route"] == "/api/v1/models"]
    assert 0 < total < 60
    assert below == sorted(below)
    assert below[-1] == 1


async def test_nothing_that_a_caller_wrote_is_kept(api: httpx.AsyncClient) -> None:
    before = len(counts_of((await api.get(METRICS)).text))
    for number in range(20):
        await api.get(f"/models/canary-{number}")
        await api.get(f"{ORIGIN}/canary-{number}")
        await api.request(f"CANARY{number}", "/models")
    text = (await api.get(METRICS)).text
    assert "canary" not in text.lower()
    assert len(counts_of(text)) <= before + 4  # and that one who asked for the metrics themselves
    assert counts_of(text)["_OTHER", "/api/v1/models", "405"] == 20


async def test_the_release_and_the_process_are_told_of(api: httpx.AsyncClient) -> None:
    told = samples_of((await api.get(METRICS)).text)
    assert [set(labels) for labels, _ in told["modelyard_build_info"]] == [{"version"}]
    assert told["process_resident_memory_bytes"][0][1] > 2**20


@pytest.mark.parametrize("scope", ["read", "write", "promote", "admin"])
async def test_whoever_is_signed_in_may_read_them(guarded: Guarded, scope: str) -> None:
    await guarded.enrol("prometheus")
    async with guarded.stranger() as stranger:
        refused(await stranger.get(METRICS), 401, "unauthenticated")
    async with guarded.client() as admin:
        wanted = {"name": "scraping", "account": "prometheus", "scopes": [scope]}
        token = str(made(await admin.post("/tokens", json=wanted))["token"])
    async with guarded.client(token) as prometheus:
        assert (await prometheus.get(METRICS)).status_code == 200
