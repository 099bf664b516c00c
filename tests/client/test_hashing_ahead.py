import os
from pathlib import Path

import pytest

from modelyard.client.failures import ChangedFile, DiskFault
from modelyard.client.registry import Registry
from modelyard.client.transfer import hashing_ahead
from modelyard.client.transfer.hashing_ahead import hash_and_send
from modelyard.client.transfer.local_file import LocalFile, Source
from tests.client.proxied import ProxyThread, closing_after
from tests.client.samples import MIB, files_in, folder_of, mixed


@pytest.fixture(autouse=True)
def from_one_mib_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing_ahead, "LARGE_BYTES", MIB)


def sources_in(folder: Path) -> list[Source]:
    return [Source(path=file.path, source=file.source) for file in files_in(folder)]


def missing(registry: Registry, files: list[LocalFile]) -> list[str]:
    found: list[str] = registry.transport.post("/blobs/missing", {"digests": [one.digest for one in files]})["missing"]
    return found


def test_it_does_what_hashing_and_sending_do(registry: Registry, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "model", mixed())
    files = hash_and_send(registry.transport, sources_in(folder))
    assert files == files_in(folder)
    assert missing(registry, files) == []


def test_what_is_there_already_is_dropped_on_its_way(registry: Registry, tmp_path: Path, cache_folder: Path) -> None:
    sources = sources_in(folder_of(tmp_path / "model", {"weights.bin": os.urandom(20 * MIB)}))
    first = hash_and_send(registry.transport, sources)
    assert hash_and_send(registry.transport, sources) == first
    assert list((cache_folder / "uploads").iterdir()) == []


def test_it_goes_on_after_broken_connections(hasty: Registry, proxy: ProxyThread, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "model", {"weights.bin": os.urandom(8 * MIB)})
    proxy.count(request=closing_after(3 * MIB, times=2))
    files = hash_and_send(hasty.transport, sources_in(folder))
    assert missing(hasty, files) == []
    assert proxy.sent_bytes < 14 * MIB


def test_a_file_that_changes_while_it_is_sent_is_refused(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tmp_path / "model", {"weights.bin": os.urandom(4 * MIB)})
    [right] = files_in(folder)
    other = LocalFile(path=right.path, source=right.source, digest="sha256:" + "a" * 64, size_bytes=right.size_bytes)
    monkeypatch.setattr(hashing_ahead, "local_file", lambda *_: other)
    with pytest.raises(ChangedFile):
        hash_and_send(registry.transport, sources_in(folder))


def test_a_file_that_is_not_there_is_said(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(DiskFault, match="cannot be read"):
        hash_and_send(registry.transport, [Source(path="a", source=tmp_path / "nothing")])
