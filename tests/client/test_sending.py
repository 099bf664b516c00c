import os
from pathlib import Path

import pytest

from modelyard.client.failures import ChangedFile, DiskFault
from modelyard.client.registry import Registry
from modelyard.client.transfer.local_file import Source, local_files
from modelyard.client.transfer.sending import send
from tests.client.proxied import ProxyThread
from tests.client.samples import MIB, files_in, folder_of, mixed, registered


class Heard:
    """What was told of a transfer."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[int, int]] = {}
        self._now = ("", 0, 0)

    def begin(self, what: str, total_bytes: int) -> None:
        self._now = (what, total_bytes, 0)

    def advance(self, count_bytes: int) -> None:
        what, total, done = self._now
        self._now = (what, total, done + count_bytes)

    def end(self) -> None:
        what, total, done = self._now
        self.told[what] = (total, done)


def test_files_of_all_sizes_are_sent_once_and_then_no_more(registry: Registry, tmp_path: Path) -> None:
    contents = mixed()
    files = files_in(folder_of(tmp_path / "model", contents))
    version = registered(registry, files)
    assert {file.path: file.size_bytes for file in version.files} == {
        path: len(content) for path, content in contents.items()
    }
    assert send(registry.transport, files) == 0


def test_only_what_is_missing_is_sent(hasty: Registry, proxy: ProxyThread, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "model", mixed())
    send(hasty.transport, files_in(folder))
    (folder / "new.bin").write_bytes(os.urandom(5000))
    proxy.count()
    assert send(hasty.transport, files_in(folder)) == 5000
    assert proxy.sent_bytes < 20_000


def test_progress_ends_where_it_should(registry: Registry, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "model", mixed())
    sources = [Source(path=path.name, source=path) for path in folder.rglob("*") if path.is_file()]
    heard = Heard()
    files = local_files(sources, heard)
    total = send(registry.transport, files, heard)
    assert heard.told == {"hashing": (sum(file.size_bytes for file in files),) * 2, "sending": (total, total)}


@pytest.mark.parametrize("size_bytes", [1000, 3 * MIB])
def test_a_file_that_changes_after_it_was_hashed_is_refused(
    registry: Registry, tmp_path: Path, size_bytes: int
) -> None:
    folder = folder_of(tmp_path / "model", {"weights.bin": os.urandom(size_bytes), "other": os.urandom(10)})
    files = files_in(folder)
    (folder / "weights.bin").write_bytes(os.urandom(size_bytes))
    with pytest.raises(ChangedFile, match=r"weights\.bin"):
        send(registry.transport, files)
    assert send(registry.transport, files_in(folder)) > 0


@pytest.mark.parametrize("size_bytes", [1000, 3 * MIB])
def test_a_file_that_gets_shorter_is_refused(registry: Registry, tmp_path: Path, size_bytes: int) -> None:
    folder = folder_of(tmp_path / "model", {"weights.bin": os.urandom(size_bytes)})
    files = files_in(folder)
    os.truncate(folder / "weights.bin", 500)
    with pytest.raises(ChangedFile, match=r"weights\.bin"):
        send(registry.transport, files)


@pytest.mark.parametrize("size_bytes", [1000, 3 * MIB])
def test_a_file_that_is_gone_is_said(registry: Registry, tmp_path: Path, size_bytes: int) -> None:
    folder = folder_of(tmp_path / "model", {"weights.bin": os.urandom(size_bytes)})
    files = files_in(folder)
    (folder / "weights.bin").unlink()
    with pytest.raises(DiskFault, match=r"weights\.bin cannot be read: No such file"):
        send(registry.transport, files)
    with pytest.raises(DiskFault, match="cannot be read"):
        files_in(tmp_path) if local_files([Source(path="a", source=folder / "weights.bin")]) else None


def test_a_cache_that_cannot_be_written_costs_only_the_memory_of_uploads(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("MODELYARD_CACHE", str(tmp_path / "file" / "cache"))
    assert send(registry.transport, files_in(folder_of(tmp_path / "model", {"a": os.urandom(3 * MIB)}))) == 3 * MIB
