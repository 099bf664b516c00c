"""The power fails at any moment under eight writers: what was acknowledged is on the disk."""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import Tell
from tests.faults.loop_disk import MAKERS, LoopDisk, NoDisk, mounted
from tests.faults.registry_process import Load, RegistryProcess

CUTS = int(os.environ.get("FAULT_POWER_CUTS", "2"))
"""How often the power is cut on each file system; `make test-faults` says more."""


@pytest.fixture(params=MAKERS)
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LoopDisk]:
    try:
        with mounted(request.param, tmp_path) as disk:
            yield disk
    except NoDisk as reason:
        pytest.skip(f"no power can be cut here: {reason}")


@pytest.fixture
def registry(disk: LoopDisk, tmp_path: Path) -> Iterator[RegistryProcess]:
    registry = RegistryProcess(disk.mount / "data", tmp_path / "log", {"MODELYARD_GC_INTERVAL_SECONDS": "1"})
    yield registry
    registry.kill()


def test_nothing_acknowledged_is_lost_when_the_power_fails(
    disk: LoopDisk, registry: RegistryProcess, tell: Tell
) -> None:
    load = Load(registry, largest_bytes=200_000, may_refuse=True)
    moments = random.Random(2026)
    registry.start()
    for _ in range(CUTS):
        with load.on():
            time.sleep(moments.uniform(0, 0.6))  # the moment is the test's subject
            load.power_is_out.set()
            disk.cut_power()
            time.sleep(moments.uniform(0, 0.05))  # it goes on for a moment, as if nothing had happened
            registry.kill()
        disk.restore_power()
        registry.start()
        load.audit()
    load.audit(everything=True)
    registry.run("verify", "--events")
    assert load.acknowledged > CUTS
    tell(f"{CUTS} power cuts, {load.acknowledged} changes acknowledged, 0 lost")
