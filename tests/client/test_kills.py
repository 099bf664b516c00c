"""A client that is killed at any moment: the next call completes, and hardly anything travels twice."""

import os
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from modelyard.client.cache.locks import USES
from modelyard.client.registry import Registry
from modelyard.client.transfer.batches import _BATCH_BYTES
from modelyard.client.transfer.sending import send
from tests.client.proxied import ProxyThread, acting_after
from tests.client.samples import MIB, ROOT, client_command, contents_of, files_in, folder_of, registered

KILLS = max(1, min(int(os.environ.get("FAULT_KILLS", "6")), 200) // 2)
"""How often a client is killed in each direction: 3 times in `make test`, 100 times in `make test-faults`."""

LARGE_BYTES, SMALL_COUNT, SMALL_BYTES = 12 * MIB, 100, 10_000
IN_FLIGHT_BYTES = 6 * MIB
"""What sockets, the proxy and the pieces of four threads may hold at the moment of a kill; half of the large file."""

assert SMALL_COUNT * SMALL_BYTES < _BATCH_BYTES


def killed_at(command: Sequence[str], proxy: ProxyThread, count_bytes: int, *, is_upload: bool) -> bool:
    """Run a client until so many bytes have passed the proxy, and kill it then. False where it ended before."""
    client = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ})
    fault = acting_after(count_bytes, client.kill)
    proxy.count(**{"request" if is_upload else "answer": fault})
    output, _ = client.communicate(timeout=120)
    assert client.returncode in {0, -9}
    return "ended" not in output


def test_a_killed_upload_goes_on_where_it_stopped(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path, cache_folder: Path
) -> None:
    killed = 0
    for seed in range(KILLS):
        contents = {f"small/{number}": os.urandom(SMALL_BYTES) for number in range(SMALL_COUNT)}
        folder = folder_of(tmp_path / f"model-{seed}", contents | {"weights.bin": os.urandom(LARGE_BYTES)})
        total = LARGE_BYTES + SMALL_COUNT * SMALL_BYTES
        statement = f"send(registry.transport, files_in(Path({str(folder)!r})))"
        moment = random.Random(seed).randrange(total)
        killed += killed_at((*client_command(statement), proxy.url), proxy, moment, is_upload=True)
        before = proxy.sent_bytes
        proxy.count()
        files = files_in(folder)
        send(hasty.transport, files)
        twice = before + proxy.sent_bytes - total
        assert twice < IN_FLIGHT_BYTES, f"killed after {moment} bytes, and {twice} were sent again"
        assert registered(hasty, files, "killed").size_bytes == total
        assert list((cache_folder / "uploads").glob("*")) == []
    assert killed >= KILLS * 0.8


def test_a_killed_download_goes_on_where_it_stopped(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {f"small/{number}": os.urandom(SMALL_BYTES) for number in range(SMALL_COUNT)}
    contents |= {"weights.bin": os.urandom(LARGE_BYTES), "z-other.bin": os.urandom(2 * MIB)}
    version = registered(hasty, files_in(folder_of(tmp_path / "model", contents)), "pulled")
    killed = 0
    for seed in range(KILLS):
        monkeypatch.setenv("MODELYARD_CACHE", str(tmp_path / f"cache-{seed}"))
        moment = random.Random(seed).randrange(version.size_bytes)
        statement = f"registry.pull({version.reference!r})"
        killed += killed_at((*client_command(statement), proxy.url), proxy, moment, is_upload=False)
        before = proxy.received_bytes
        proxy.count()
        assert contents_of(hasty.pull(version.reference)) == contents
        twice = before + proxy.received_bytes - version.size_bytes
        assert twice < IN_FLIGHT_BYTES, f"killed after {moment} bytes, and {twice} came again"
        assert list((tmp_path / f"cache-{seed}" / "partial").glob("*.bytes")) == []
        USES.release_all()
    assert killed >= KILLS * 0.8
