"""What only a store on a disk can be asked: the order of its calls, its files and modes, its threads, its memory."""

import asyncio
import os
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from modelyard.application.ports.blob_store import BlobKey
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import BlobLost, StorageUnavailable
from modelyard.infrastructure.blobs.durable import IOV_MAX, begin_writing_back
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore

MIB = 2**20
WATCHED = ["open", "fsync", "link", "unlink", "mkdir", "writev", "pread", "preadv", "ftruncate", "scandir", "close"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data" / "blobs"


@pytest.fixture
async def store(root: Path) -> AsyncIterator[FilesystemBlobStore]:
    store = FilesystemBlobStore(root)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, root: Path) -> list[tuple[str, str]]:
    """Each fsync, link and unlink below the root, in order, with the path that it made durable, made or took away."""
    calls: list[tuple[str, str]] = []

    def watch(name: str, path_of: Callable[..., str]) -> None:
        real = getattr(os, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            calls.append((name, os.path.relpath(path_of(*args), root)))
            return real(*args, **kwargs)

        monkeypatch.setattr(os, name, watched)

    watch("fsync", lambda descriptor: os.readlink(f"/proc/self/fd/{descriptor}"))
    watch("link", lambda _, target: os.fspath(target))
    watch("unlink", os.fspath)
    return calls


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def published(store: FilesystemBlobStore, content: bytes) -> BlobKey:
    upload = await store.stage(stream(content), limit_bytes=len(content))
    key = BlobKey(digest=upload.digest, generation="g1")
    await store.publish(upload, key)
    return key


def place(key: BlobKey) -> str:
    digits = key.digest.removeprefix("sha256:")
    return f"sha256/{digits[:2]}/{digits}.{key.generation}"


class TestOrder:
    async def test_bytes_are_durable_before_their_name_and_the_name_before_the_answer(
        self, store: FilesystemBlobStore, calls: list[tuple[str, str]]
    ) -> None:
        upload = await store.stage(stream(b"content"), limit_bytes=7)
        assert calls == [("fsync", f"staging/{upload.token}")]
        key = BlobKey(digest=upload.digest, generation="g1")
        await store.publish(upload, key)
        shard = str(Path(place(key)).parent)
        assert calls[1:] == [("link", place(key)), ("fsync", shard), ("unlink", f"staging/{upload.token}")]

    async def test_a_name_that_was_there_is_made_durable_too(
        self, store: FilesystemBlobStore, calls: list[tuple[str, str]]
    ) -> None:
        key = await published(store, b"content")
        calls.clear()
        await published(store, b"content")
        assert ("fsync", str(Path(place(key)).parent)) in calls

    async def test_the_first_append_makes_the_name_durable_and_a_later_one_the_bytes(
        self, store: FilesystemBlobStore, calls: list[tuple[str, str]]
    ) -> None:
        await store.append("upload-1", 0, stream(b"one"), limit_bytes=9)
        assert calls == [("fsync", "staging/upload-1"), ("fsync", "staging")]
        await store.append("upload-1", 3, stream(b"two"), limit_bytes=9)
        assert calls[2:] == [("fsync", "staging/upload-1")]

    async def test_a_deletion_is_durable_even_when_nothing_was_there(
        self, store: FilesystemBlobStore, calls: list[tuple[str, str]]
    ) -> None:
        key = await published(store, b"content")
        calls.clear()
        await store.delete(key)
        await store.delete(key)
        assert calls == [("unlink", place(key)), ("fsync", str(Path(place(key)).parent))] * 2

    async def test_new_folders_are_durable_in_their_parents(self, root: Path, calls: list[tuple[str, str]]) -> None:
        store = FilesystemBlobStore(root)
        await store.open()
        await store.close()
        assert {path for call, path in calls if call == "fsync"} >= {"../..", "..", ".", "sha256"}


class TestLayout:
    async def test_all_shards_exist_beforehand_and_only_their_owner_enters(self, root: Path) -> None:
        mask = os.umask(0)
        try:
            store = FilesystemBlobStore(root)
            await store.open()
            key = await published(store, b"content")
            await store.close()
        finally:
            os.umask(mask)
        assert sorted(path.name for path in (root / "sha256").iterdir()) == [f"{shard:02x}" for shard in range(256)]
        folders = [root.parent, root, *(path for path in root.rglob("*") if path.is_dir())]
        assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
        assert (root / place(key)).stat().st_mode & 0o777 == 0o600

    async def test_opening_and_checking_leave_no_file(self, store: FilesystemBlobStore, root: Path) -> None:
        await store.check()
        assert [path for path in root.rglob("*") if path.is_file()] == []

    async def test_files_that_the_store_did_not_name_are_passed_over(
        self, store: FilesystemBlobStore, root: Path
    ) -> None:
        for name in ["staging/.nfs01", "staging/a b", "sha256/ab/README", f"sha256/ab/{'a' * 64}", "sha256/lost+found"]:
            (root / name).write_bytes(b"foreign")
        assert [token async for token, _ in store.staged()] == []
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
        assert {token async for token, _ in store.staged()} == names


class TestDamage:
    async def test_a_blob_cut_while_it_is_read_is_a_loss_at_that_piece(
        self, store: FilesystemBlobStore, root: Path
    ) -> None:
        content = os.urandom(9 * MIB)
        key = await published(store, content)
        pieces = store.read(key, 0, len(content))
        first = await anext(pieces)
        os.truncate(root / place(key), 7 * MIB)
        with pytest.raises(BlobLost):
            while piece := await anext(pieces):
                first += piece
        assert content.startswith(first)

    async def test_a_missing_shard_is_a_fault_of_the_store_and_no_loss(
        self, store: FilesystemBlobStore, root: Path
    ) -> None:
        key = await published(store, b"content")
        (root / "sha256").rename(root / "unmounted")
        upload = await store.stage(stream(b"other"), limit_bytes=5)
        with pytest.raises(StorageUnavailable):
            await anext(store.read(key, 0, 7))
        with pytest.raises(StorageUnavailable):
            await store.publish(upload, key)
        with pytest.raises(StorageUnavailable):
            await store.check()

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


class TestThreads:
    @pytest.fixture
    def threads(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
        """Names of the threads that touched a file, without their numbers."""
        names: set[str] = set()
        is_over = False

        def watch(real: Callable[..., Any]) -> Callable[..., Any]:
            def watched(*args: Any, **kwargs: Any) -> Any:
                if not is_over:
                    names.add(threading.current_thread().name.partition("_")[0])
                return real(*args, **kwargs)

            return watched

        for name in WATCHED:
            monkeypatch.setattr(os, name, watch(getattr(os, name)))
        yield names
        is_over = True

    async def test_the_loop_touches_no_file(self, store: FilesystemBlobStore, threads: set[str]) -> None:
        content = os.urandom(3 * MIB)
        key = await published(store, content)
        await store.append("upload-1", 0, stream(content), limit_bytes=len(content))
        await store.discard("upload-1")
        assert [key async for key, _ in store.stored()] == [key]
        assert [key async for key, _ in store.staged()] == []
        await store.delete(key)
        await store.check()
        assert threads == {"blob-writes"}
        threads.clear()

    async def test_a_read_touches_files_in_its_own_threads(
        self, store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = await published(store, b"content")
        names: list[str] = []
        real = os.pread

        def pread(*args: int) -> bytes:
            names.append(threading.current_thread().name)
            return real(*args)

        monkeypatch.setattr(os, "pread", pread)
        assert await anext(store.read(key, 0, 7)) == b"content"
        assert [name.partition("_")[0] for name in names] == ["blob-reads"]

    async def test_a_small_upload_and_a_small_read_are_one_call_in_a_thread_each(
        self, store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = await published(store, b"content")
        submitted: list[object] = []
        real = ThreadPoolExecutor.submit

        def submit(pool: ThreadPoolExecutor, function: Any, *args: Any) -> Any:
            submitted.append(function)
            return real(pool, function, *args)

        monkeypatch.setattr(ThreadPoolExecutor, "submit", submit)
        await store.stage(stream(b"one", b"two", b"three"), limit_bytes=11)
        assert len(submitted) == 1
        assert [piece async for piece in store.read(key, 0, 7)] == [b"content"]
        assert len(submitted) == 2

    async def test_closing_ends_the_threads(self, root: Path) -> None:
        store = FilesystemBlobStore(root)
        await store.open()
        await published(store, b"content")
        await store.close()
        assert [thread.name for thread in threading.enumerate() if thread.name.startswith("blob-")] == []
        with pytest.raises(StorageUnavailable):
            await store.check()


class TestWriting:
    async def test_a_kernel_that_takes_little_at_a_time_gets_it_all(
        self, store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lengths = []

        def writev(descriptor: int, buffers: list[bytes]) -> int:
            lengths.append(len(buffers))
            return os.write(descriptor, b"".join(buffers)[:1999])

        monkeypatch.setattr(os, "writev", writev)
        content = os.urandom(100_000)
        pieces = [content[start : start + 30] for start in range(0, len(content), 30)]
        upload = await store.stage(stream(*pieces), limit_bytes=len(content))
        key = BlobKey(digest=digest_of(content), generation="g1")
        await store.publish(upload, key)
        assert b"".join([piece async for piece in store.read(key, 0, len(content))]) == content
        assert upload.digest == key.digest
        assert max(lengths) <= IOV_MAX

    async def test_writing_back_early_keeps_the_bytes_and_reports_a_broken_descriptor(
        self, store: FilesystemBlobStore
    ) -> None:
        piece = os.urandom(MIB)
        upload = await store.stage(stream(*[piece] * 70), limit_bytes=70 * MIB)
        assert upload.digest == digest_of(piece * 70)
        with pytest.raises(OSError, match="Bad file descriptor"):
            begin_writing_back(-1, 0, MIB)

    async def test_a_large_file_passes_through_little_memory(self, store: FilesystemBlobStore) -> None:
        size_bytes = 48 * MIB

        async def pieces() -> AsyncIterator[bytes]:
            for index in range(size_bytes // (MIB // 4)):
                yield bytes([index]) * (MIB // 4)
                await asyncio.sleep(0)

        await store.stage(stream(b"warm"), limit_bytes=4)
        tracemalloc.start()
        try:
            upload = await store.stage(pieces(), limit_bytes=size_bytes)
            _, staging_peak = tracemalloc.get_traced_memory()
            key = BlobKey(digest=upload.digest, generation="g1")
            await store.publish(upload, key)
            tracemalloc.reset_peak()
            assert sum([len(piece) async for piece in store.read(key, 0, size_bytes)]) == size_bytes
            _, reading_peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert staging_peak < 4 * MIB
        assert reading_peak < 5 * MIB
