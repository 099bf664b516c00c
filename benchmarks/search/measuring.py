"""How long searches take: at the database, over HTTP, and when there is ten times as much."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from benchmarks.findings import Finding, at_most
from benchmarks.http_client import LoadFailed
from benchmarks.plan import Plan
from benchmarks.sample import API
from benchmarks.search.filling import fill
from benchmarks.search.queries import PAGE, Shape, shapes
from benchmarks.search.registry import LargeRegistry, Size
from benchmarks.series import Series, announce, percentile
from benchmarks.servers import CannotServe, modelyard
from modelyard.application.ports.search import Rows, SortKey
from modelyard.application.queries.exploring import count_facets
from modelyard.application.queries.listing import VERSION_ORDER, list_versions
from modelyard.application.queries.page import PageRequest, page_of, window_of
from modelyard.application.services.publishing import read_version
from modelyard.domain.reference import Latest
from modelyard.infrastructure.clock import SystemClock
from modelyard.infrastructure.database.engines import create_database_engine, driver_of
from modelyard.infrastructure.database.transaction import SqlTransaction
from tests.postgresql_server import NoServer, serving

MODELS: Final = int(os.environ.get("SEARCH_MODELS", "100000"))
RUNS: Final = 200
OVER_HTTP_MS: Final = 15.0
"""What a request may take beside the search: 25 ms for one of 10."""

GROWTH: Final = 1.5


@dataclass(frozen=True, slots=True)
class Filled:
    """A database of one size, and a connection on which searches run as the server runs them."""

    registry: LargeRegistry
    tx: SqlTransaction
    begin: Callable[[], object]
    end: Callable[[], object]


def measure_sqlite(plan: Plan) -> Iterator[Finding]:
    """On a file."""
    with ExitStack() as stack:
        filled = {}
        for models in (MODELS // 10, MODELS):
            folder = plan.subfolder(f"sqlite-{models}")
            (folder / "data").mkdir()
            url = f"sqlite:///{folder}/data/registry.db"
            registry = _filled(url, models)
            connection = stack.enter_context(create_database_engine(url).connect())
            driver = driver_of(connection)
            begin, end = (lambda d=driver: d.execute("BEGIN")), (lambda d=driver: d.execute("COMMIT"))
            filled[models] = Filled(registry, SqlTransaction(connection, SystemClock()), begin, end)
        yield from _measured("SQLite", filled, plan.folder / f"sqlite-{MODELS}", {})


def measure_postgresql(plan: Plan) -> Iterator[Finding]:
    """On a server of the wheel, with the shared memory that PostgreSQL takes unless it is told otherwise."""
    # The driver is needed only here.
    from modelyard.infrastructure.database.postgresql import SCANNING  # noqa: PLC0415
    from modelyard.infrastructure.database.postgresql_engine import create_postgresql_engine  # noqa: PLC0415

    with ExitStack() as stack:
        try:
            server = stack.enter_context(serving(shared_buffers="128MB"))
        except NoServer as reason:
            raise CannotServe(str(reason)) from reason
        filled, url = {}, ""
        for models in (MODELS // 10, MODELS):
            url = stack.enter_context(server.database())
            registry = _filled(url, models)
            engine = create_postgresql_engine(url, session=SCANNING)
            stack.callback(engine.dispose)
            connection = stack.enter_context(engine.connect())
            connection.commit()
            filled[models] = Filled(
                registry, SqlTransaction(connection, SystemClock()), lambda: None, connection.rollback
            )
        yield from _measured("PostgreSQL", filled, plan.subfolder("served"), {"MODELYARD_DATABASE_URL": url})


def _filled(url: str, models: int) -> LargeRegistry:
    announce(f"filling a registry of {models:,} models")
    registry = LargeRegistry(Size(models))
    fill(url, registry)
    return registry


def _measured(
    where: str, filled: Mapping[int, Filled], folder: Path, variables: Mapping[str, str]
) -> Iterator[Finding]:
    small, large = filled[MODELS // 10], filled[MODELS]
    drawn = {id(one): [list(shapes(one.registry, seed)) for seed in range(RUNS + 1)] for one in (small, large)}
    with modelyard(folder, variables=variables) as server:
        client = HTTPConnection("127.0.0.1", server.port, timeout=60)
        for place, shape in enumerate(drawn[id(large)][0]):
            announce(f"{where}: {shape.what}")
            times: dict[str, list[float]] = {"small": [], "grown": [], "large": [], "http": []}
            for number in range(RUNS + 1):
                asked = {"small": drawn[id(small)][number][place], "large": drawn[id(large)][number][place]}
                asked["http"] = drawn[id(large)][-number][place]
                asked["grown"] = drawn[id(large)][number - RUNS // 2][place]
                found = {
                    "small": _timed(small, asked["small"], shape.alike),
                    "large": _timed(large, asked["large"]),
                    "grown": _timed(large, asked["grown"], shape.alike),
                    "http": _requested(client, asked["http"], large),
                }
                if number:  # the first one fills caches
                    for name, value in found.items():
                        times[name].append(value)
            yield from _findings(where, shape, times)


def _findings(where: str, shape: Shape, times: Mapping[str, list[float]]) -> Iterator[Finding]:
    p99 = {name: Series.of(percentile(values, 0.99)) for name, values in times.items()}
    p50 = {name: Series.of(percentile(values, 0.5)) for name, values in times.items()}
    what = f"{shape.what} ({where})"
    yield Finding(what=f"{what}, p99", figure=p99["large"], unit="ms", target=at_most(shape.bound_ms))
    http = at_most(shape.bound_ms + OVER_HTTP_MS)
    yield Finding(what=f"{what}, p99 over HTTP", figure=p99["http"], unit="ms", target=http)
    small = f"{MODELS // 10:,} models"
    growth = at_most(GROWTH)
    pages = "" if shape.alike == PAGE else f", pages of {shape.alike}"
    yield Finding(
        what=f"{what}, p50{pages}",
        figure=p50["grown"],
        unit="ms",
        beside_what=small,
        beside=p50["small"],
        target=growth,
    )


def _timed(filled: Filled, shape: Shape, limit: int = PAGE) -> float:
    """Milliseconds of one search in a transaction of its own."""
    request = PageRequest(limit=limit, q=shape.q, sort=shape.sort, cursor=_cursor(filled, shape))
    begun = time.perf_counter()
    filled.begin()
    if shape.is_facets:
        count_facets(filled.tx, shape.q, None)
    elif shape.model is not None:
        read_version(filled.tx, shape.model, Latest())
    else:
        list_versions(filled.tx, None, request)
    filled.end()
    return 1e3 * (time.perf_counter() - begun)


def _cursor(filled: Filled, shape: Shape) -> str | None:
    """A cursor as the page before would have given it: ten versions follow each other from one in production on."""
    if not shape.skipped:
        return None
    request = PageRequest(q=shape.q, sort=shape.sort)
    window = window_of(request, VERSION_ORDER, "versions/")
    after = filled.registry.size.versions - 10 * min(shape.skipped, filled.registry.size.versions // 20)
    assert window.sort == (SortKey("id", is_descending=True),)  # noqa: S101 - a value for each key
    return page_of(Rows([], (after,)), request, window, "versions/", None).next_cursor


def _requested(client: HTTPConnection, shape: Shape, filled: Filled) -> float:
    """Milliseconds of the same over HTTP."""
    if shape.model is not None:
        path = f"{API}/models/{quote(shape.model)}/versions/latest"
    else:
        asked = {"q": shape.q, "sort": shape.sort, "cursor": _cursor(filled, shape)}
        path = f"{API}/{'facets' if shape.is_facets else 'versions'}"
        path += "?" + urlencode({name: value for name, value in asked.items() if value})
    begun = time.perf_counter()
    client.request("GET", path)
    answer = client.getresponse()
    text = answer.read()
    elapsed = 1e3 * (time.perf_counter() - begun)
    if answer.status != 200:
        raise LoadFailed(f"{path}: {answer.status} {json.loads(text)}")
    return elapsed
