"""Searches beside those that MLflow's registry can do, over HTTP, on the same names and tags."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pysqlite3.dbapi2 as driver

from benchmarks.findings import Finding, at_most
from benchmarks.http_client import LoadFailed
from benchmarks.mlflow.environment import mlflow_environment
from benchmarks.mlflow.server import API as THEIR_API
from benchmarks.mlflow.server import mlflow
from benchmarks.plan import Plan
from benchmarks.sample import API
from benchmarks.search.filling import fill
from benchmarks.search.registry import LargeRegistry, Size
from benchmarks.series import Series, announce, percentile
from benchmarks.servers import modelyard

MODELS: Final = 10_000
RUNS: Final = 15
TARGET: Final = at_most(1 / 20)
"""At least 20 times faster on each search that MLflow can do."""


@dataclass(frozen=True, slots=True)
class Search:
    """One search, as both are asked: ours by path and query, theirs by an endpoint and its filter."""

    what: str
    ours: tuple[str, str]
    theirs: tuple[str, str]


def searches(registry: LargeRegistry, run: int) -> Sequence[Search]:
    """Those that MLflow can do: by a part of a name, by a name, by a tag; of models and of versions."""
    name = registry.names[(run * 613) % len(registry.names)]
    part = name.split(".")[1][:7]
    campaign = f"c{run * 31 % 1000}"
    tagged = f"tags.campaign = '{campaign}'"
    versions, models = "model-versions/search", "registered-models/search"
    return (
        Search("models by part of a name", ("models", part), (models, f"name ILIKE '%{part}%'")),
        Search("versions by part of a name", ("versions", f'name ~ "{part}"'), (versions, f"name ILIKE '%{part}%'")),
        Search("versions of a model", ("versions", f'model:"{name}"'), (versions, f"name = '{name}'")),
        Search("versions by a tag", ("versions", f"tag.campaign:{campaign}"), (versions, tagged)),
    )


def measure(plan: Plan) -> Iterator[Finding]:
    """10,000 models with 100,000 versions in each of the two; medians of single requests, one after the other."""
    registry = LargeRegistry(Size(MODELS))
    environment = mlflow_environment()
    theirs_folder, ours_folder = plan.folder / "mlflow", plan.subfolder("beside-mlflow")
    with mlflow(environment, theirs_folder, has_uvloop=False):
        announce("MLflow has made its schema")
    _fill_mlflow(theirs_folder / "mlflow.db", registry)
    (ours_folder / "data").mkdir()
    fill(f"sqlite:///{ours_folder}/data/registry.db", registry)
    with ExitStack() as stack:
        ours = stack.enter_context(modelyard(ours_folder))
        theirs = stack.enter_context(mlflow(environment, theirs_folder, has_uvloop=False))
        one = stack.enter_context(closing(HTTPConnection("127.0.0.1", ours.port, timeout=120)))
        other = stack.enter_context(closing(HTTPConnection("127.0.0.1", theirs.port, timeout=120)))
        yield from _compared(registry, one, other)


def _compared(registry: LargeRegistry, one: HTTPConnection, other: HTTPConnection) -> Iterator[Finding]:
    for place, named in enumerate(searches(registry, 0)):
        announce(f"beside MLflow: {named.what}")
        times: dict[str, list[float]] = {"ours": [], "theirs": []}
        for run in range(RUNS + 1):
            search = searches(registry, run)[place]
            calls: dict[str, Callable[[], float]] = {
                "ours": partial(_timed, one, f"{API}/{search.ours[0]}?{urlencode({'q': search.ours[1]})}"),
                "theirs": partial(_timed, other, _their_path(*search.theirs)),
            }
            for name, call in calls.items():
                elapsed = call()
                if run:
                    times[name].append(elapsed)
        yield Finding(
            what=f"{named.what}, p50",
            figure=Series.of(percentile(times["ours"], 0.5)),
            unit="ms",
            beside_what="MLflow",
            beside=Series.of(percentile(times["theirs"], 0.5)),
            target=TARGET,
        )


def _their_path(endpoint: str, wanted: str) -> str:
    return f"{THEIR_API}/{endpoint}?{urlencode({'filter': wanted, 'max_results': 50})}"


def _timed(client: HTTPConnection, path: str) -> float:
    begun = time.perf_counter()
    client.request("GET", path)
    answer = client.getresponse()
    text = answer.read()
    elapsed = 1e3 * (time.perf_counter() - begun)
    if answer.status != 200:
        raise LoadFailed(f"{path}: {answer.status} {text[:300].decode(errors='replace')}")
    return elapsed


def _fill_mlflow(path: Path, registry: LargeRegistry) -> None:
    """Into MLflow's own tables, as its store writes them."""
    with closing(driver.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO registered_models (name, creation_time, last_updated_time, description) VALUES (?, ?, ?, ?)",
            ((row[1], row[4], row[6], row[2]) for row in registry.models()),
        )
        connection.executemany(
            "INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, current_stage,"
            " source, status) VALUES (?, ?, ?, ?, ?, ?, ?, 'READY')",
            (_their_version(registry, row) for row in registry.versions()),
        )
        connection.executemany(
            "INSERT INTO model_version_tags (key, value, name, version) VALUES (?, ?, ?, ?)",
            (_their_tag(registry, row) for row in registry.version_tags()),
        )
        connection.execute("COMMIT")


_STAGES: Final = {"draft": "None", "staging": "Staging", "production": "Production"}


def _their_version(registry: LargeRegistry, row: Sequence[object]) -> tuple[object, ...]:
    name = registry.names[int(str(row[1])) - 1]
    return name, row[2], row[18], row[20], row[6], _STAGES[str(row[3])], f"s3://models/{row[0]}"


def _their_tag(registry: LargeRegistry, row: Sequence[object]) -> tuple[object, ...]:
    model_id, number = registry.place(int(str(row[0])))
    return row[1], row[2], registry.names[model_id - 1], number
