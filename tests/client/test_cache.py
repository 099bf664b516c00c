import os
import subprocess
import time
from pathlib import Path

import pytest

from modelyard.client.cache.cache import Cache
from modelyard.client.cache.locks import USES
from modelyard.client.cache.place import is_offline, max_cache_bytes, size_of
from modelyard.client.failures import Misconfigured
from modelyard.client.registry import Registry
from tests.client.samples import ROOT, client_command, contents_of, files_in, folder_of, registered

SIZE = 10_000


def pulled(registry: Registry, tmp_path: Path, model: str, size_bytes: int = SIZE) -> Path:
    """Push and pull a model with one file of its own, and one that all share."""
    folder = folder_of(tmp_path / model, {"own.bin": os.urandom(size_bytes), "shared.bin": b"s" * SIZE})
    registered(registry, files_in(folder), model)
    path = registry.pull(f"{model}:1")
    USES.release_all()
    return path


def aged(path: Path, seconds: float) -> None:
    """As if it had last been used so long ago."""
    then = time.time() - seconds
    os.utime(path.with_name(f"{path.name}.json"), (then, then))


class TestListing:
    def test_entries_are_told_with_what_named_them(self, registry: Registry, tmp_path: Path) -> None:
        old, new = pulled(registry, tmp_path, "listed-old"), pulled(registry, tmp_path, "listed-new")
        aged(old, 3600)
        registry.pull("listed-new")
        first, second = Cache.from_env().entries()
        assert (first.path, second.path) == (new, old)
        assert (list(first.references), list(second.references)) == (
            ["listed-new:1", "listed-new:latest"],
            ["listed-old:1"],
        )
        assert (first.file_count, first.size_bytes) == (2, 2 * SIZE)
        assert (first.is_in_use, second.is_in_use) == (True, False)
        assert first.used_at > second.used_at
        assert Cache.from_env().size_bytes == 3 * SIZE

    def test_a_cache_that_is_not_there_is_empty(self, cache_folder: Path) -> None:
        cache = Cache.from_env()
        assert (cache.entries(), cache.size_bytes, cache.verify().checked_count) == ([], 0, 0)
        assert cache.prune(everything=True).entry_count == 0
        assert not cache_folder.exists()


class TestPruning:
    def test_the_longest_unused_goes_first(self, registry: Registry, tmp_path: Path) -> None:
        paths = [pulled(registry, tmp_path, f"pruned-{number}") for number in range(3)]
        for age, path in zip((10, 1000, 100), paths, strict=True):
            aged(path, age)
        pruned = Cache.from_env().prune(max_bytes=3 * SIZE)
        assert (pruned.entry_count, pruned.freed_bytes, pruned.in_use_count) == (1, SIZE, 0)
        assert [path.exists() for path in paths] == [True, False, True]

    def test_what_is_shared_stays_as_long_as_anyone_needs_it(self, registry: Registry, tmp_path: Path) -> None:
        first, second = (pulled(registry, tmp_path, f"shared-{number}") for number in range(2))
        aged(first, 1000)
        Cache.from_env().prune(unused_seconds=500)
        assert not first.exists()
        assert (second / "shared.bin").read_bytes() == b"s" * SIZE
        assert Cache.from_env().prune(everything=True).freed_bytes == 2 * SIZE
        assert Cache.from_env().size_bytes == 0

    def test_what_another_process_uses_stays_until_it_ends(self, registry: Registry, tmp_path: Path) -> None:
        path = pulled(registry, tmp_path, "used")
        command = (
            *client_command("registry.pull('used:1'); print('has it', flush=True); sys.stdin.read()"),
            registry.url,
        )
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as user:
            assert user.stdout is not None
            assert [user.stdout.readline() for _ in range(2)] == ["begun\n", "has it\n"]
            pruned = Cache.from_env().prune(everything=True)
            assert (pruned.entry_count, pruned.in_use_count) == (0, 1)
            assert (path / "own.bin").stat().st_size == SIZE
            assert Cache.from_env().entries()[0].is_in_use
            user.kill()
        assert Cache.from_env().prune(everything=True).entry_count == 1
        assert not path.exists()

    def test_a_pull_keeps_the_cache_below_its_bound(
        self, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MODELYARD_CACHE_MAX_BYTES", "45kB")
        for number in range(6):
            aged(pulled(registry, tmp_path, f"bounded-{number}"), 100 - number)
        assert Cache.from_env().size_bytes <= 45_000
        assert {name for entry in Cache.from_env().entries() for name in entry.references} >= {"bounded-5:1"}

    def test_a_version_larger_than_the_bound_can_be_pulled_all_the_same(
        self, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MODELYARD_CACHE_MAX_BYTES", "1kB")
        path = pulled(registry, tmp_path, "oversized")
        assert (path / "own.bin").stat().st_size == SIZE

    def test_what_a_killed_process_left_goes_in_time(
        self, registry: Registry, tmp_path: Path, cache_folder: Path
    ) -> None:
        pulled(registry, tmp_path, "leftover")
        draft = cache_folder / "versions" / f"{'a' * 64}.tmp"
        (draft / "folder").mkdir(parents=True)
        (draft / "folder").chmod(0o555)
        old, fresh = cache_folder / "partial" / "old.bytes", cache_folder / "partial" / "fresh.bytes"
        for path in (old, fresh):
            path.write_bytes(b"x")
        os.utime(old, (0, 0))
        Cache.from_env().trim()
        assert [path.exists() for path in (draft, old, fresh)] == [False, False, True]


class TestVerifying:
    def test_damaged_contents_are_found_and_removed(self, registry: Registry, tmp_path: Path) -> None:
        path = pulled(registry, tmp_path, "damaged")
        content = (path / "own.bin").read_bytes()
        status = (path / "own.bin").stat()
        (path / "own.bin").chmod(0o644)
        with (path / "own.bin").open("r+b") as file:
            file.write(bytes([content[0] ^ 1]))
        os.utime(path / "own.bin", ns=(status.st_atime_ns, status.st_mtime_ns))  # as a disk does it: without a trace
        cache = Cache.from_env()
        found = cache.verify()
        assert (found.checked_count, found.checked_bytes, len(found.damaged)) == (2, 2 * SIZE, 1)
        assert cache.entries() == []
        assert cache.verify().damaged == ()
        assert contents_of(registry.pull("damaged:1"))["own.bin"] == content

    def test_a_folder_that_is_in_use_is_mended_with_the_next_pull(self, registry: Registry, tmp_path: Path) -> None:
        path = pulled(registry, tmp_path, "mended")
        content = (path / "own.bin").read_bytes()
        assert registry.pull("mended:1") == path
        status = (path / "own.bin").stat()
        (path / "own.bin").chmod(0o644)
        (path / "own.bin").write_bytes(b"!" * SIZE)
        os.utime(path / "own.bin", ns=(status.st_atime_ns, status.st_mtime_ns))
        assert len(Cache.from_env().verify().damaged) == 1
        assert (registry.pull("mended:1") / "own.bin").read_bytes() == content


class TestSettings:
    @pytest.mark.parametrize(
        ("text", "size_bytes"),
        [
            ("0", 0),
            ("1000", 1000),
            ("1kB", 1000),
            ("1 KiB", 1024),
            ("1.5GB", 1_500_000_000),
            ("20GiB", 20 << 30),
            ("2T", 2 * 10**12),
            ("7b", 7),
        ],
    )
    def test_sizes_have_units(self, text: str, size_bytes: int) -> None:
        assert size_of(text) == size_bytes

    @pytest.mark.parametrize("text", ["", "much", "-1", "1XB", "1e9", "1,5GB", "GiB"])
    def test_what_is_no_size_is_said(self, text: str) -> None:
        with pytest.raises(Misconfigured, match="is no size"):
            size_of(text)

    def test_the_bound_has_a_default(self) -> None:
        assert max_cache_bytes({}) == 20 << 30
        assert max_cache_bytes({"MODELYARD_CACHE_MAX_BYTES": "1GiB"}) == 1 << 30
        with pytest.raises(Misconfigured, match="MODELYARD_CACHE_MAX_BYTES"):
            max_cache_bytes({"MODELYARD_CACHE_MAX_BYTES": "lots"})

    @pytest.mark.parametrize(
        ("text", "is_set"), [("", False), ("0", False), ("no", False), ("1", True), ("TRUE", True)]
    )
    def test_offline_is_yes_or_no(self, text: str, is_set: bool) -> None:
        assert is_offline({"MODELYARD_OFFLINE": text}) is is_set

    def test_offline_is_nothing_else(self) -> None:
        with pytest.raises(Misconfigured, match="MODELYARD_OFFLINE"):
            is_offline({"MODELYARD_OFFLINE": "perhaps"})
