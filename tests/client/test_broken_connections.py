"""A server that drops, truncates, stalls or refuses: the right result, or a clear error in time."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from modelyard.client.failures import DamagedFile, ModelyardError, Unreachable
from modelyard.client.registry import Registry
from modelyard.client.server import Server
from modelyard.client.transfer.sending import send
from modelyard.client.transport import Transport
from tests.client.conftest import HASTY
from tests.client.proxied import ProxyThread, closing_after, flipping
from tests.client.samples import MIB, contents_of, files_in, folder_of, mixed, registered
from tests.servers.proxy import closed

UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nRetry-After: 1\r\nConnection: close\r\n\r\nbusy"
)
PATIENCE_SECONDS = 60
"""Far above the deadline: the machine may be busy, but nothing may hang."""


@pytest.mark.parametrize("after_bytes", [0, 3_000, 400_000, 2 * MIB])
def test_an_upload_survives_dropped_connections(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path, after_bytes: int
) -> None:
    contents = mixed()
    files = files_in(folder_of(tmp_path / "model", contents))
    proxy.count(request=closing_after(after_bytes, times=3))
    version = registered(hasty, files)
    assert version.size_bytes == sum(map(len, contents.values()))
    large = len(contents["weights.bin"]) + len(contents["middle.bin"])
    assert proxy.sent_bytes < large + 6 * MIB, "large files began anew"


@pytest.mark.parametrize("after_bytes", [0, 3_000, 400_000, 2 * MIB])
def test_a_download_survives_dropped_and_truncated_answers(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path, after_bytes: int
) -> None:
    contents = mixed()
    version = registered(hasty, files_in(folder_of(tmp_path / "model", contents)))
    proxy.count(answer=closing_after(after_bytes, times=3))
    assert contents_of(hasty.pull(version.reference)) == contents
    assert proxy.received_bytes < version.size_bytes + 2 * MIB


@pytest.mark.parametrize("direction", ["push", "pull"])
def test_a_server_that_is_busy_for_a_while_is_waited_for(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path, direction: str
) -> None:
    contents = mixed()
    files = files_in(folder_of(tmp_path / "model", contents))
    refusals = [3]

    def busy(portion: bytes) -> bytes:
        if refusals[0] and portion.startswith(b"HTTP/1.1 2"):
            refusals[0] -= 1
            return UNAVAILABLE
        return portion

    if direction == "push":
        proxy.count(answer=busy)
        assert registered(hasty, files).size_bytes == sum(map(len, contents.values()))
    else:
        version = registered(hasty, files)
        proxy.count(answer=busy)
        assert contents_of(hasty.pull(version.reference)) == contents
    assert refusals == [0]


def break_soon(proxy: ProxyThread, fault: str, *, is_upload: bool) -> None:
    """Let 400,000 bytes pass, and then nothing any more."""
    passed = [0]

    def break_it() -> None:
        if fault == "stalls":
            proxy.proxy.is_stalled = True
        elif fault == "is busy":
            proxy.proxy.reply = UNAVAILABLE
            proxy.proxy.answer = closed
        else:
            proxy.proxy.request = proxy.proxy.answer = closed

    def counting(portion: bytes) -> bytes:
        passed[0] += len(portion)
        if passed[0] > 400_000:
            break_it()
        return portion

    proxy.count(**{"request" if is_upload else "answer": counting})


@pytest.mark.parametrize("direction", ["push", "pull"])
@pytest.mark.parametrize("fault", ["stalls", "is gone", "is busy"])
def test_a_server_that_stays_away_is_told_within_the_deadline(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path, direction: str, fault: str
) -> None:
    contents = mixed()
    files = files_in(folder_of(tmp_path / "model", contents))
    version = registered(hasty, files) if direction == "pull" else None
    hurried = Registry(
        Transport(Server(url=proxy.url, actor="ana"), replace(HASTY, deadline_seconds=2, read_seconds=2))
    )

    break_soon(proxy, fault, is_upload=direction == "push")
    began_at = time.monotonic()
    with hurried, pytest.raises(ModelyardError) as failure:
        hurried.pull(version.reference) if version is not None else send(hurried.transport, files)
    assert time.monotonic() - began_at < PATIENCE_SECONDS
    assert isinstance(failure.value, Unreachable) or "503" in str(failure.value)
    proxy.heal()
    if version is not None:
        assert contents_of(hasty.pull(version.reference)) == contents
    else:
        assert registered(hasty, files).size_bytes == sum(map(len, contents.values()))


@pytest.mark.parametrize("path", ["data/1/1.bin", "middle.bin", "weights.bin"])
def test_bytes_that_were_changed_on_the_way_are_fetched_again(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path, path: str
) -> None:
    contents = mixed()
    version = registered(hasty, files_in(folder_of(tmp_path / "model", contents)))
    proxy.count(answer=flipping(contents[path][500:520], times=1))
    assert contents_of(hasty.pull(version.reference)) == contents


@pytest.mark.parametrize("path", ["data/1/1.bin", "middle.bin", "weights.bin"])
def test_bytes_that_are_always_changed_are_refused_and_not_kept(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path, cache_folder: Path, path: str
) -> None:
    contents = mixed()
    version = registered(hasty, files_in(folder_of(tmp_path / "model", contents)))
    proxy.count(answer=flipping(contents[path][500:520], times=1000))
    with pytest.raises(DamagedFile, match=path):
        hasty.pull(version.reference)
    digest = next(file.digest for file in version.files if file.path == path)
    assert [found for found in cache_folder.rglob("*") if digest[-64:] in found.name and found.suffix != ".lock"] == []
    proxy.heal()
    assert contents_of(hasty.pull(version.reference)) == contents


def test_what_was_changed_on_its_way_to_the_registry_is_refused_there(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path
) -> None:
    content = os.urandom(2 * MIB)
    files = files_in(folder_of(tmp_path / "model", {"weights.bin": content}))
    proxy.count(request=flipping(content[-100:-80], times=1))
    with pytest.raises(ModelyardError, match="not what it was"):
        send(hasty.transport, files)
    assert send(hasty.transport, files) == len(content)
