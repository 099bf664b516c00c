"""Exports from a server as it is shipped: broken off in the middle, left by readers, and beside other requests."""

import contextlib
import http.client
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, ServerProcess, running

VERSIONS = 1020
TEXT = "x" * 20_000
"""A page of 500 such versions is more than sockets hold: the server has at most one more page read than its reader."""


@pytest.fixture
def server(tmp_path: Path, migrated_file: Path) -> Iterator[ServerProcess]:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copyfile(migrated_file, folder / "registry.db")
    with running(REAL, folder) as process:
        yield process


@pytest.fixture
def api(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/api/v1", trust_env=False, timeout=PATIENCE_SECONDS) as client:
        client.post("/models/churn/versions?create_model=true", json={"description": TEXT}).raise_for_status()
        yield client


@pytest.fixture
def filled(api: httpx.Client) -> httpx.Client:
    for _ in range(VERSIONS - 1):
        api.post("/models/churn/versions", json={"description": TEXT}).raise_for_status()
    return api


@contextlib.contextmanager
def exporting(server: ServerProcess, form: str) -> Iterator[http.client.HTTPResponse]:
    """An export whose head has come, and of whose body nothing has been read."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    with contextlib.closing(client):
        client.request("GET", f"/api/v1/models/churn/versions?sort=number&format={form}")
        answer = client.getresponse()
        assert (answer.status, answer.getheader("transfer-encoding")) == (200, "chunked")
        with contextlib.closing(answer):
            yield answer


def memory_kib(server: ServerProcess) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_fails_in_the_middle_breaks_off_the_connection(
    server: ServerProcess, filled: httpx.Client, form: str
) -> None:
    with exporting(server, form) as answer:
        filled.delete("/models/churn?force=true").raise_for_status()
        with pytest.raises(http.client.IncompleteRead) as broken:
            answer.read()
    assert len(broken.value.partial) > 400 * len(TEXT)
    assert filled.get("/models").json()["items"] == []


def test_others_are_served_while_an_export_waits_for_its_reader(server: ServerProcess, filled: httpx.Client) -> None:
    with exporting(server, "jsonl") as answer, exporting(server, "jsonl") as left:
        for number in range(50):  # no transaction of the export's is in their way
            change: dict[str, Any] = {"tags": {"number": str(number)}}
            filled.patch("/models/churn/versions/1", json=change).raise_for_status()
        left.close()
        body = answer.read()
    numbers = [json.loads(line)["number"] for line in body.splitlines()]
    assert numbers == list(range(1, VERSIONS + 1))


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="tells memory as Linux does")
def test_ten_times_the_rows_take_no_more_memory(server: ServerProcess, api: httpx.Client) -> None:
    for start in range(0, 200_000, 10_000):
        metrics = [{"name": "loss", "value": 1 / (step + 1), "step": step} for step in range(start, start + 10_000)]
        api.post("/models/churn/versions/1/metrics", json={"metrics": metrics}).raise_for_status()
    for form in ("csv", "jsonl", "parquet"):
        address = f"/models/churn/versions/1/metrics/loss/history?format={form}"
        for _ in range(3):  # what is imported and kept by then is no part of it
            api.get(f"{address}&limit=20000").raise_for_status()
        before = memory_kib(server)
        answer = api.get(address)
        assert len(answer.content) > 1_000_000
        assert memory_kib(server) - before < 24 * 1024, form
