"""The figures: server time among many versions, and what a first visit costs."""

import json
import os
import statistics
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from typing import Final
from urllib.parse import quote

from benchmarks.findings import Finding, at_most
from benchmarks.http_client import LoadFailed
from benchmarks.plan import Plan
from benchmarks.search.filling import fill
from benchmarks.search.registry import LargeRegistry, Size
from benchmarks.series import Series, announce
from benchmarks.servers import Server, modelyard
from benchmarks.web.browser import Visit, chromium, visit

MODELS: Final = int(os.environ.get("SEARCH_MODELS", "100000"))
"""Ten versions each: a million, unless asked otherwise."""
SERVER_MS: Final = 50.0
FIRST_KIB: Final = 150.0
_RUNS: Final = 20
_HEADERS: Final = {"Accept": "text/html", "Accept-Encoding": "gzip"}


def measure(plan: Plan) -> Iterator[Finding]:
    """Each page: at the server, then in a browser without anything kept."""
    folder = plan.subfolder("web")
    (folder / "data").mkdir()
    registry = LargeRegistry(Size(MODELS))
    announce(f"filling a registry of {registry.size.versions:,} versions")
    fill(f"sqlite:///{folder}/data/registry.db", registry)
    with modelyard(folder) as server, chromium() as browser:
        pages = places(registry)
        _touch(server, registry.names[0])
        for name, path in pages.items():
            times = Series.of(*(_server_ms(server, path) for _ in range(plan.rounds)))
            what = f"{name}: server time among {registry.size.versions:,} versions"
            yield Finding(what=what, figure=times, unit="ms", target=at_most(SERVER_MS))
        for name, path in pages.items():
            visits = [visit(browser, f"http://127.0.0.1:{server.port}{path}") for _ in range(plan.rounds)]
            yield from _visited(name, visits)


def places(registry: LargeRegistry) -> Mapping[str, str]:
    """The pages by name; those that answer for all versions at once among them."""
    model = quote(registry.names[0], safe="")
    compared = "&".join(f"version={model}%3A{number}" for number in (1, 2, 3))
    return {
        "home": "/",
        "search, everything": "/search",
        "search, a tag and a metric": "/search?q=tag.team%3Ateam-7%20and%20metric.auc%40holdout%20%3E%200.9",
        "model": f"/models/{model}",
        "version": f"/models/{model}/versions/3",
        "compare": f"/compare?{compared}",
        "events": "/events",
    }


def _visited(name: str, visits: list[Visit]) -> Iterator[Finding]:
    yield Finding(
        what=f"{name}: requests of a first visit", figure=Series.of(*(float(it.requests) for it in visits)), unit=""
    )
    yield Finding(
        what=f"{name}: bytes of a first visit, without charts",
        figure=Series.of(*(it.bytes / 1024 for it in visits)),
        unit="KiB",
        target=at_most(FIRST_KIB),
    )
    if charts := max(it.chart_bytes for it in visits):
        yield Finding(what=f"{name}: the script of charts", figure=Series.of(charts / 1024), unit="KiB")
    yield Finding(what=f"{name}: first contentful paint", figure=Series.of(*(it.paint_ms for it in visits)), unit="ms")


def _server_ms(server: Server, path: str) -> float:
    """The median of some requests on one connection, after one that is not counted."""
    client = HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        times = [_timed(client, path) for _ in range(_RUNS + 1)]
    finally:
        client.close()
    return statistics.median(times[1:])


def _timed(client: HTTPConnection, path: str) -> float:
    begun = time.perf_counter()
    client.request("GET", path, headers=_HEADERS)
    answer = client.getresponse()
    body = answer.read()
    passed = (time.perf_counter() - begun) * 1000
    if answer.status != 200:
        raise LoadFailed(f"{path} was answered {answer.status}: {body[:300]!r}")
    return passed


def _touch(server: Server, model: str) -> None:
    """Let something have happened, since the home page of a registry without events is another one."""
    client = HTTPConnection("127.0.0.1", server.port, timeout=60)
    body = json.dumps({"description": "what is shown first"})
    client.request("PATCH", f"/api/v1/models/{quote(model, safe='')}", body, {"Content-Type": "application/json"})
    answer = client.getresponse()
    if answer.status != 200:
        raise LoadFailed(f"a model could not be described: {answer.status} {answer.read()[:300]!r}")
    client.close()
