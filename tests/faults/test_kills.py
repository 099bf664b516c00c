"""The server dies at any moment under eight writers: nothing acknowledged is lost, and it is back at once."""

import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.faults.conftest import Tell
from tests.faults.registry_process import Load, RegistryProcess
from tests.servers.seaweedfs import S3Bucket

KILLS = int(os.environ.get("FAULT_KILLS", "6"))
"""How often the server is killed; `make test-faults` says more."""
WORKER_KILLS = max(4, KILLS // 10)
"""More than ends of its own that a worker is allowed."""

GENEROUS_SECONDS = 30.0
"""The budget is 2 s on a quiet machine; this one is asserted, on any."""

VERIFY_EVERY = 50
COLLECTING = {"MODELYARD_GC_INTERVAL_SECONDS": "1", "MODELYARD_BLOB_LEASE_SECONDS": "60"}


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[RegistryProcess]:
    registry = RegistryProcess(tmp_path / "data", tmp_path / "log", COLLECTING)
    yield registry
    registry.kill()


@pytest.fixture
def on_postgresql(tmp_path: Path, postgresql_url: str, s3_bucket: S3Bucket) -> Iterator[RegistryProcess]:
    variables = {"MODELYARD_DATABASE_URL": postgresql_url, "MODELYARD_WORKERS": "2", **s3_bucket.environment()}
    registry = RegistryProcess(tmp_path / "data", tmp_path / "log", COLLECTING | variables)
    yield registry
    registry.kill()
    s3_bucket.abort_unfinished()  # as the lifecycle rule of the bucket does


@pytest.mark.parametrize(("kind", "largest_bytes"), [("on_sqlite", 2**20), ("on_postgresql", 6 * 2**20)])
def test_nothing_acknowledged_is_lost_however_often_it_is_killed(
    kind: str, largest_bytes: int, request: pytest.FixtureRequest, tell: Tell
) -> None:
    registry: RegistryProcess = request.getfixturevalue(kind)
    load = Load(registry, largest_bytes=largest_bytes)
    moments = random.Random(2026)
    registry.start()
    for count in range(1, KILLS + 1):
        if count % 8 == 0:
            kill_while_it_starts(registry, moments)
        else:
            with load.on():
                time.sleep(moments.uniform(0, 0.6))  # the moment is the test's subject
                registry.kill()
        registry.start()
        load.audit()
        if count % VERIFY_EVERY == 0:
            registry.run("verify", "--events")
    load.audit(everything=True)
    registry.run("verify", "--events")
    assert load.acknowledged > KILLS
    assert max(registry.ready_after) < GENEROUS_SECONDS
    shown = distribution(registry.ready_after)
    tell(f"{KILLS} kills, {load.acknowledged} changes acknowledged, 0 lost; ready after {shown}")


def kill_while_it_starts(registry: RegistryProcess, moments: random.Random) -> None:
    registry.kill()
    registry.begin()
    time.sleep(moments.uniform(0, 1.5))  # the moment is the test's subject
    registry.kill()


def test_a_worker_that_is_killed_takes_nothing_acknowledged_with_it(on_postgresql: RegistryProcess, tell: Tell) -> None:
    registry = on_postgresql
    load = Load(registry, largest_bytes=100_000)
    moments = random.Random(2026)
    registry.start()
    for _ in range(WORKER_KILLS):
        with load.on():
            time.sleep(moments.uniform(0.1, 0.4))
            os.kill(moments.choice(registry.workers()), signal.SIGKILL)
            time.sleep(moments.uniform(0.1, 0.4))
        load.audit()
    registry.run("verify", "--events")
    tell(f"{WORKER_KILLS} workers killed, {load.acknowledged} changes acknowledged, 0 lost")


def distribution(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    shown = {f"p{share}": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 90, 99)}
    return ", ".join(f"{name} {value:.2f} s" for name, value in shown.items()) + f", at most {ordered[-1]:.2f} s"
