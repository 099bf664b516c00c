import os
import stat
import subprocess
from pathlib import Path

import pytest

from modelyard.client.failures import UnsafePath, WouldOverwrite
from modelyard.client.refusals import FileNotInVersion, VersionNotFound
from modelyard.client.registry import Registry
from tests.client.proxied import ProxyThread
from tests.client.samples import ROOT, client_command, contents_of, files_in, folder_of, mixed, registered


def test_a_version_is_pulled_whole_into_a_folder_that_nobody_can_write_to(registry: Registry, tmp_path: Path) -> None:
    contents = mixed()
    version = registered(registry, files_in(folder_of(tmp_path / "model", contents)))
    folder = registry.pull(version.reference)
    assert contents_of(folder) == contents
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert modes == {0o444, 0o555}


@pytest.mark.parametrize("reference", ["churn", "churn:latest"])
def test_what_is_there_is_not_fetched_again(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path, reference: str
) -> None:
    version = registered(hasty, files_in(folder_of(tmp_path / "model", mixed())))
    first = hasty.pull(version.reference)
    proxy.count()
    assert hasty.pull(reference) == first
    assert proxy.received_bytes < 40_000


def test_a_version_that_shares_files_with_another_brings_only_the_others(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path
) -> None:
    contents = mixed()
    registered(hasty, files_in(folder_of(tmp_path / "model", contents)))
    hasty.pull("churn")
    changed = contents | {"config.json": b'{"new": 1}'}
    registered(hasty, files_in(folder_of(tmp_path / "model", changed)))
    proxy.count()
    assert contents_of(hasty.pull("churn")) == changed
    assert proxy.received_bytes < 40_000


def test_some_files_of_a_version(registry: Registry, tmp_path: Path) -> None:
    contents = mixed()
    version = registered(registry, files_in(folder_of(tmp_path / "model", contents)))
    folder = registry.pull(version.reference, paths=["config.json", "data/1/*"])
    wanted = {path for path in contents if path == "config.json" or path.startswith("data/1/")}
    assert set(contents_of(folder)) == wanted
    with pytest.raises(FileNotInVersion, match="no file 'nothing'"):
        registry.pull(version.reference, paths=["config.json", "nothing"])


def test_a_version_that_is_not_there(registry: Registry) -> None:
    with pytest.raises(VersionNotFound):
        registry.pull("churn:999")


class TestIntoAFolder:
    def test_the_files_are_the_users_own(self, registry: Registry, tmp_path: Path) -> None:
        contents = mixed()
        version = registered(registry, files_in(folder_of(tmp_path / "model", contents)))
        target = tmp_path / "mine" / "deeper"
        assert registry.pull(version.reference, target) == target
        assert contents_of(target) == contents
        (target / "config.json").write_bytes(b"edited")
        with (target / "weights.bin").open("r+b") as file:
            file.write(b"edited")
        assert contents_of(registry.pull(version.reference)) == contents

    def test_other_files_are_overwritten_only_if_that_is_said(self, registry: Registry, tmp_path: Path) -> None:
        contents = mixed(small=3)
        version = registered(registry, files_in(folder_of(tmp_path / "model", contents)))
        target = folder_of(tmp_path / "mine", {"config.json": b"foreign", "other.txt": b"other", "empty": b""})
        with pytest.raises(WouldOverwrite, match=r"config\.json would be overwritten"):
            registry.pull(version.reference, target)
        assert contents_of(target) == {"config.json": b"foreign", "other.txt": b"other", "empty": b""}
        registry.pull(version.reference, target, overwrite=True)
        assert contents_of(target) == contents | {"other.txt": b"other"}

    def test_files_that_are_there_already_are_left_alone(self, registry: Registry, tmp_path: Path) -> None:
        version = registered(registry, files_in(folder_of(tmp_path / "model", mixed(small=3))))
        target = registry.pull(version.reference, tmp_path / "mine")
        before = {path: path.stat().st_ino for path in target.rglob("*")}
        registry.pull(version.reference, target)
        assert {path: path.stat().st_ino for path in target.rglob("*")} == before

    @pytest.mark.parametrize("overwrite", [True, False])
    def test_a_link_that_leads_out_of_it_is_not_followed(
        self, registry: Registry, tmp_path: Path, overwrite: bool
    ) -> None:
        version = registered(registry, files_in(folder_of(tmp_path / "model", mixed(small=3))))
        (tmp_path / "outside").mkdir()
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "twin").symlink_to(tmp_path / "outside")
        with pytest.raises(UnsafePath, match="is a link"):
            registry.pull(version.reference, tmp_path / "mine", overwrite=overwrite)
        assert list((tmp_path / "outside").iterdir()) == []

    def test_a_link_in_place_of_a_file_is_replaced_and_not_written_through(
        self, registry: Registry, tmp_path: Path
    ) -> None:
        version = registered(registry, files_in(folder_of(tmp_path / "model", {"config.json": b"new"})))
        (tmp_path / "outside").write_bytes(b"precious")
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "config.json").symlink_to(tmp_path / "outside")
        registry.pull(version.reference, tmp_path / "mine", overwrite=True)
        assert (tmp_path / "outside").read_bytes() == b"precious"
        assert (tmp_path / "mine" / "config.json").read_bytes() == b"new"


class TestDamage:
    @pytest.mark.parametrize("path", ["config.json", "data/1/1.bin", "weights.bin"])
    def test_a_file_of_the_cache_that_was_edited_is_fetched_again(
        self, registry: Registry, tmp_path: Path, path: str
    ) -> None:
        contents = mixed()
        version = registered(registry, files_in(folder_of(tmp_path / "model", contents)))
        folder = registry.pull(version.reference)
        (folder / path).chmod(0o644)
        with (folder / path).open("r+b") as file:
            file.write(b"!")
        assert contents_of(registry.pull(version.reference)) == contents

    def test_a_file_of_the_cache_that_was_removed_is_put_back(
        self, hasty: Registry, proxy: ProxyThread, tmp_path: Path
    ) -> None:
        contents = mixed()
        version = registered(hasty, files_in(folder_of(tmp_path / "model", contents)))
        folder = hasty.pull(version.reference)
        (folder / "twin").chmod(0o755)
        (folder / "twin" / "a").unlink()
        proxy.count()
        assert contents_of(hasty.pull(version.reference)) == contents
        assert proxy.received_bytes < 40_000

    def test_a_file_that_was_only_touched_is_kept(self, hasty: Registry, proxy: ProxyThread, tmp_path: Path) -> None:
        version = registered(hasty, files_in(folder_of(tmp_path / "model", mixed())))
        os.utime(hasty.pull(version.reference) / "weights.bin")
        proxy.count()
        hasty.pull(version.reference)
        assert proxy.received_bytes < 40_000


def test_processes_that_pull_the_same_at_once_fetch_it_once(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path
) -> None:
    contents = mixed(large_bytes=20_000_000)
    version = registered(hasty, files_in(folder_of(tmp_path / "model", contents)))
    proxy.count()
    command = (*client_command(f"registry.pull({version.reference!r})"), proxy.url)
    clients = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [client.wait(120) for client in clients] == [0, 0, 0]
    assert proxy.received_bytes < version.size_bytes + 200_000
    assert contents_of(hasty.pull(version.reference)) == contents
