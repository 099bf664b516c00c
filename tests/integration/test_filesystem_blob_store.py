"""What only a store on a disk can be asked: the order of its calls, its folders and modes, damage from outside."""

import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from modelyard.application.ports.blob_store import BlobKey
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import BlobLost, StorageUnavailable
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore
from tests.integration.blob_files import MIB, before, files_in, opened, place, published, stream, tokens

Calls = list[tuple[str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blobs")


@pytest.fixture
def root(folder: Path) -> Iterator[Path]:
    """The same folders for every test, because making 256 of them is slow; no file is left in them."""
    yield folder
    for name in files_in(folder):
        (folder / name).unlink()


@pytest.fixture
async def store(root: Path) -> AsyncIterator[FilesystemBlobStore]:
    async with opened(root) as store:
        yield store


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, root: Path) -> Calls:
    """Each fsync, link and unlink in order, with the path that it made durable, made or took away."""
    calls: Calls = []

    def note(name: str, path: Path | str) -> None:
        calls.append((name, os.path.relpath(path, root)))

    def fsync(descriptor: int) -> None:
        note("fsync", Path(f"/proc/self/fd/{descriptor}").readlink())

    def link(_: Path, target: Path) -> None:
        note("link", target)

    def unlink(path: Path) -> None:
        note("unlink", path)

    real_unlink: Callable[[Path], None] = os.unlink
    real_link: Callable[[Path, Path], None] = os.link
    monkeypatch.setattr(os, "fsync", before(os.fsync, fsync))
    monkeypatch.setattr(os, "link", before(real_link, link))
    monkeypatch.setattr(os, "unlink", before(real_unlink, unlink))
    return calls


class TestOrder:
    async def test_bytes_are_durable_before_their_name_and_the_name_before_the_answer(
        self, store: FilesystemBlobStore, calls: Calls
    ) -> None:
        upload = await store.stage(stream(b"content"), limit_bytes=7)
        assert calls == [("fsync", f"staging/{upload.token}")]
        key = BlobKey(digest=upload.digest, generation="g1")
        await store.publish(upload, key)
        shard = str(Path(place(key)).parent)
        assert calls[1:] == [("link", place(key)), ("fsync", shard), ("unlink", f"staging/{upload.token}")]

    async def test_a_name_that_was_there_is_made_durable_too(self, store: FilesystemBlobStore, calls: Calls) -> None:
        key = await published(store, b"content")
        calls.clear()
        await published(store, b"content")
        assert ("fsync", str(Path(place(key)).parent)) in calls

    async def test_the_first_append_makes_the_name_durable_and_a_later_one_the_bytes(
        self, store: FilesystemBlobStore, calls: Calls
    ) -> None:
        await store.append("upload-1", 0, stream(b"one"), limit_bytes=9)
        assert calls == [("fsync", "staging/upload-1"), ("fsync", "staging")]
        await store.append("upload-1", 3, stream(b"two"), limit_bytes=9)
        assert calls[2:] == [("fsync", "staging/upload-1")]

    async def test_what_is_sealed_is_durable_as_it_was_hashed(self, store: FilesystemBlobStore, calls: Calls) -> None:
        await store.append("upload-1", 0, stream(b"one and more"), limit_bytes=12)
        calls.clear()
        await store.seal("upload-1", 3)
        assert calls == [("fsync", "staging/upload-1")]

    async def test_a_deletion_is_durable_even_when_nothing_was_there(
        self, store: FilesystemBlobStore, calls: Calls
    ) -> None:
        key = await published(store, b"content")
        calls.clear()
        await store.delete(key)
        await store.delete(key)
        assert calls == [("unlink", place(key)), ("fsync", str(Path(place(key)).parent))] * 2

    async def test_opening_an_open_store_does_nothing(self, store: FilesystemBlobStore, calls: Calls) -> None:
        await store.open()
        assert calls == []


class TestNewFolders:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return tmp_path / "data" / "blobs"

    async def test_new_folders_are_durable_in_their_parents(self, root: Path, calls: Calls) -> None:
        async with opened(root):
            assert {path for call, path in calls if call == "fsync"} >= {"../..", "..", ".", "sha256"}

    @pytest.fixture
    def open_to_all(self) -> Iterator[None]:
        mask = os.umask(0)
        yield
        os.umask(mask)

    @pytest.mark.usefixtures("open_to_all")
    async def test_all_shards_exist_beforehand_and_only_their_owner_enters(self, root: Path) -> None:
        async with opened(root) as store:
            assert [folder.name for folder in sorted((root / "sha256").iterdir())] == [
                f"{shard:02x}" for shard in range(256)
            ]
            key = await published(store, b"content")
        folders = [root.parent, *(Path(folder) for folder, _, _ in os.walk(root))]
        assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
        assert (root / place(key)).stat().st_mode & 0o777 == 0o600


class TestLayout:
    async def test_opening_and_checking_leave_no_file(self, store: FilesystemBlobStore, root: Path) -> None:
        await store.check()
        assert files_in(root) == []

    async def test_files_that_the_store_did_not_name_are_passed_over(
        self, store: FilesystemBlobStore, root: Path
    ) -> None:
        for name in ["staging/.nfs01", "staging/a b", "sha256/ab/README", f"sha256/ab/{'a' * 64}", "sha256/lost+found"]:
            (root / name).write_bytes(b"foreign")
        assert await tokens(store) == []
        assert [key async for key, _ in store.stored()] == []

    async def test_the_age_of_staged_bytes_is_that_of_their_last_write(
        self, store: FilesystemBlobStore, root: Path
    ) -> None:
        for token, seconds in [("old", 1000), ("from-the-future", -1000)]:
            await store.append(token, 0, stream(b"content"), limit_bytes=7)
            os.utime(root / "staging" / token, (time.time() - seconds,) * 2)
        ages = {token: age async for token, age in store.staged()}
        assert 1000 <= ages["old"] < 1060
        assert ages["from-the-future"] == 0

    async def test_long_lists_come_whole(self, store: FilesystemBlobStore, root: Path) -> None:
        names = {f"token-{index}" for index in range(1234)}
        for name in names:
            (root / "staging" / name).touch()
        assert set(await tokens(store)) == names


class TestDamage:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return tmp_path / "blobs"

    async def test_a_blob_cut_while_it_is_read_is_a_loss_at_that_piece(
        self, store: FilesystemBlobStore, root: Path
    ) -> None:
        content = os.urandom(9 * MIB)
        key = await published(store, content)
        read = b""

        async def read_on() -> None:
            nonlocal read
            async for piece in store.read(key, 0, len(content)):
                os.truncate(root / place(key), 7 * MIB)
                read += piece

        with pytest.raises(BlobLost):
            await read_on()
        assert len(read) == 6 * MIB
        assert content.startswith(read)

    async def test_a_missing_shard_is_a_fault_of_the_store_and_no_loss(
        self, store: FilesystemBlobStore, root: Path
    ) -> None:
        key = await published(store, b"content")
        upload = await store.stage(stream(b"other"), limit_bytes=5)
        (root / "sha256").rename(root / "unmounted")
        with pytest.raises(StorageUnavailable):
            await anext(store.read(key, 0, 7))
        with pytest.raises(StorageUnavailable):
            await store.publish(upload, key)
        with pytest.raises(StorageUnavailable):
            await store.check()

    async def test_a_missing_staging_area_is_a_fault_of_the_store_and_no_loss(
        self, store: FilesystemBlobStore, root: Path
    ) -> None:
        (root / "staging").rename(root / "unmounted")
        with pytest.raises(StorageUnavailable):
            await store.append("upload-1", 3, stream(b"two"), limit_bytes=9)
        with pytest.raises(StorageUnavailable):
            await store.seal("upload-1", 3)

    async def test_a_symbolic_link_is_never_followed(
        self, store: FilesystemBlobStore, root: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "secret").write_bytes(b"secret")
        key = BlobKey(digest=digest_of(b"secret"), generation="g1")
        (root / place(key)).symlink_to(tmp_path / "secret")
        (root / "staging/upload-1").symlink_to(tmp_path / "secret")
        with pytest.raises(StorageUnavailable):
            await anext(store.read(key, 0, 6))
        with pytest.raises(StorageUnavailable):
            await store.append("upload-1", 0, stream(b"other"), limit_bytes=5)
        assert (tmp_path / "secret").read_bytes() == b"secret"
