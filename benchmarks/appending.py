"""What recording many measurements costs beside the bare rows."""

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.calls import call
from benchmarks.findings import Finding, at_most
from benchmarks.http_client import LoadFailed
from benchmarks.plan import Plan
from benchmarks.sample import API, MODEL
from benchmarks.series import Series, interleaved
from benchmarks.servers import modelyard
from modelyard.infrastructure.database.engines import create_database_engine, driver_of
from modelyard.infrastructure.database.tables import metadata, metric_points

POINTS = 10_000
TARGET = at_most(10)
_INSERT = "INSERT INTO metric_points VALUES (?, ?, ?, ?, ?, ?, ?)"


def measure(plan: Plan) -> Iterator[Finding]:
    """One request with 10,000 points, beside `executemany` of the same rows in one transaction of the same kind."""
    folder = plan.subfolder("appending")
    batches = itertools.count()
    with modelyard(folder) as server, closing(_Bare(folder / "bare.db")) as bare:
        call(server.port, "POST", f"{API}/models/{MODEL}/versions?create_model=true", {})
        measures = {"request": lambda: _request(server.port, next(batches)), "rows": lambda: bare.insert(next(batches))}
        seconds = interleaved("appending", plan.rounds, measures)
    yield Finding(
        what=f"a request with {POINTS:,} measurements",
        figure=Series.of(*(1e3 * value for value in seconds["request"])),
        unit="ms",
        beside_what="executemany of the rows",
        beside=Series.of(*(1e3 * value for value in seconds["rows"])),
        target=TARGET,
    )


def _request(port: int, batch: int) -> float:
    steps = range(batch * POINTS, (batch + 1) * POINTS)
    document = {"metrics": [{"name": "loss", "value": 0.5 + step / 1e9, "step": step} for step in steps]}
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps(document).encode()
    begun = time.perf_counter()
    connection.request("POST", f"{API}/models/{MODEL}/versions/1/metrics", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status != HTTPStatus.CREATED:
        raise LoadFailed(f"{answer.status} {text[:500].decode(errors='replace')}")
    return time.perf_counter() - begun


class _Bare:
    """The same table and the same durability, without a registry."""

    def __init__(self, path: Path) -> None:
        self._connection = create_database_engine(f"sqlite:///{path}").connect()
        self._driver = driver_of(self._connection)
        self._driver.execute("PRAGMA foreign_keys = OFF")
        metadata.create_all(self._connection, tables=[metric_points])
        self._connection.commit()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def insert(self, batch: int) -> float:
        """Seconds for one transaction."""
        steps = range(batch * POINTS, (batch + 1) * POINTS)
        rows = [(1, "loss", "", "", step, 0.5 + step / 1e9, 1_780_000_000_000) for step in steps]
        begun = time.perf_counter()
        self._driver.execute("BEGIN IMMEDIATE")
        self._driver.executemany(_INSERT, rows)
        self._driver.execute("COMMIT")
        return time.perf_counter() - begun
