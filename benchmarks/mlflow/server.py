"""MLflow's server, and the calls that do there what is measured here."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import processes
from benchmarks.calls import call
from benchmarks.http_client import encode_request
from benchmarks.mlflow.environment import Environment
from benchmarks.sample import ALIAS, GROWING_MODEL, MODEL
from benchmarks.servers import Server, free_port, wait_until_ready

API = "/api/2.0/mlflow"
REGISTER = f"{API}/model-versions/create"
READS = {
    "read by stage": f"{API}/registered-models/get-latest-versions?name={MODEL}&stages=Production",
    "read by alias": f"{API}/registered-models/alias?name={MODEL}&alias={ALIAS}",
}
"""What the registry's own reads are held against, under the same names."""

_VERSIONS = 10


@contextmanager
def mlflow(environment: Environment, folder: Path, *, has_uvloop: bool) -> Iterator[Server]:
    """MLflow's server with its defaults: uvicorn, 4 workers; on SQLite. With uvloop, that is all that differs.

    Raises:
        CannotServe: It ended, or does not answer in a minute.
    """
    folder.mkdir(exist_ok=True)
    port = free_port()
    address = ("--host", "127.0.0.1", "--port", str(port))
    stores = ("--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--default-artifact-root", str(folder / "files"))
    options = ("--uvicorn-opts", "--loop uvloop") if has_uvloop else ()
    variables = {"PYTHONPATH": str(environment.uvloop_folder)} if has_uvloop else {}
    process = processes.begin((str(environment.program), "server", *address, *stores, *options), folder, variables)
    try:
        wait_until_ready(process, port, "/health", folder)
        yield Server(process.pid, port)
    finally:
        processes.end(process)


def version_document(model: str, number: int) -> dict[str, object]:
    """What registers a version, with as much in it as the registry's own sample has; params and files it has none."""
    return {
        "name": model,
        "source": f"s3://models/{model}/{number}",
        "description": f"Nightly training, run {number}",
        "tags": [{"key": "team", "value": "risk"}, {"key": "run", "value": str(number)}],
    }


def fill(port: int) -> None:
    """A model with ten versions, of which one is in production and has an alias; and one that is to grow."""
    for model in (MODEL, GROWING_MODEL):
        call(port, "POST", f"{API}/registered-models/create", {"name": model})
    for number in range(1, _VERSIONS + 1):
        call(port, "POST", REGISTER, version_document(MODEL, number))
    chosen = {"name": MODEL, "version": str(_VERSIONS - 1)}
    call(port, "POST", f"{API}/model-versions/transition-stage", {**chosen, "stage": "Production"})
    call(port, "POST", f"{API}/registered-models/alias", {**chosen, "alias": ALIAS})


def registrations() -> Iterator[bytes]:
    """Requests that register one version each."""
    for number in itertools.count(1):
        yield encode_request("POST", REGISTER, json.dumps(version_document(GROWING_MODEL, number)).encode())
