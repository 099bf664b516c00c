"""Where the store on a disk does its work, what it holds in memory, and what a cancellation leaves."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from modelyard.domain.digest import digest_of
from modelyard.domain.errors import StorageUnavailable
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore
from tests.integration.blob_files import (
    MIB,
    Gate,
    before,
    content_of,
    files_in,
    open_files_in,
    opened,
    published,
    reopen,
    stream,
    tokens,
)

TOUCHING_A_FILE = ["open", "fsync", "link", "unlink", "mkdir", "writev", "preadv", "ftruncate", "scandir", "close"]


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


class TestThreads:
    async def test_the_loop_touches_no_file(self, store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
        names: set[str] = set()
        for call in TOUCHING_A_FILE:
            step = before(getattr(os, call), lambda *_, **__: names.add(threading.current_thread().name.split("_")[0]))
            monkeypatch.setattr(os, call, step)
        content = os.urandom(3 * MIB)
        key = await published(store, content)
        await store.append("upload-1", 0, stream(content), limit_bytes=len(content))
        await store.discard("upload-1")
        assert [key async for key, _ in store.stored()] == [key]
        assert await tokens(store) == []
        assert await anext(store.read(key, MIB, 2 * MIB)) == content[MIB : 2 * MIB]
        await store.delete(key)
        await store.check()
        monkeypatch.undo()
        assert names == {"blob-writes", "blob-reads"}

    async def test_reads_go_on_while_every_writing_thread_waits_for_the_disk(
        self, store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = await published(store, b"content")
        gate = Gate()
        monkeypatch.setattr(os, "fsync", before(os.fsync, gate.pass_through))
        uploads = [asyncio.create_task(published(store, b"other")) for _ in range(20)]
        await gate.someone_waits()
        assert await content_of(store, key, 7) == b"content"
        gate.open()
        await asyncio.gather(*uploads)

    async def test_a_small_upload_and_a_small_read_are_one_call_in_a_thread_each(
        self, store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = await published(store, b"content")
        submitted = []

        def submit(pool: ThreadPoolExecutor, function: Callable[..., None], *args: object) -> Future[None]:
            submitted.append(function)
            return real(pool, function, *args)

        real = ThreadPoolExecutor.submit
        monkeypatch.setattr(ThreadPoolExecutor, "submit", submit)
        await store.stage(stream(b"one", b"two", b"three"), limit_bytes=11)
        assert len(submitted) == 1
        assert await content_of(store, key, 7) == b"content"
        assert len(submitted) == 2

    async def test_closing_ends_the_threads(self, root: Path) -> None:
        async with opened(root) as store:
            await content_of(store, await published(store, b"content"), 7)
        assert [thread.name for thread in threading.enumerate() if thread.name.startswith("blob-")] == []
        with pytest.raises(StorageUnavailable):
            await store.check()

    async def test_an_upload_that_outlives_the_store_leaves_nothing(self, root: Path) -> None:
        async def interrupted(store: FilesystemBlobStore) -> AsyncIterator[bytes]:
            yield os.urandom(2 * MIB)
            await store.close()
            yield os.urandom(2 * MIB)

        async with opened(root) as store:
            with pytest.raises(StorageUnavailable):
                await store.stage(interrupted(store), limit_bytes=4 * MIB)
        assert files_in(root) == []
        assert open_files_in(root) == []


class TestCancellation:
    @pytest.mark.parametrize("call", ["open", "writev", "fsync"])
    @pytest.mark.parametrize("size_bytes", [7, 3 * MIB])
    async def test_an_upload_waits_for_its_thread_and_then_leaves_nothing(
        self, store: FilesystemBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch, call: str, size_bytes: int
    ) -> None:
        gate = Gate()
        with monkeypatch.context() as patch:
            patch.setattr(os, call, before(getattr(os, call), lambda *_: gate.pass_through()))
            pieces = [b"x" * min(size_bytes, MIB)] * 3
            upload = asyncio.create_task(store.stage(stream(*pieces), limit_bytes=3 * MIB))
            await gate.someone_waits()
            for _ in range(3):
                upload.cancel()
                await asyncio.sleep(0.01)
            assert not upload.done()
            gate.open()
            with pytest.raises(asyncio.CancelledError):
                await upload
        assert files_in(root) == []
        assert open_files_in(root) == []

    async def test_an_upload_that_waits_for_its_client_waits_for_its_thread_too(
        self, store: FilesystemBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def stalled() -> AsyncIterator[bytes]:
            yield b"x" * 2 * MIB
            await asyncio.Event().wait()

        gate = Gate()
        monkeypatch.setattr(os, "writev", before(os.writev, gate.pass_through))
        upload = asyncio.create_task(store.stage(stalled(), limit_bytes=2 * MIB))
        await gate.someone_waits()
        upload.cancel()
        await asyncio.sleep(0.01)
        assert len(open_files_in(root)) == 1
        assert not upload.done()
        gate.open()
        with pytest.raises(asyncio.CancelledError):
            await upload
        assert files_in(root) == []

    async def test_an_append_leaves_the_bytes_before_it(
        self, store: FilesystemBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await store.append("upload-1", 0, stream(b"one "), limit_bytes=4)
        gate = Gate()
        with monkeypatch.context() as patch:
            patch.setattr(os, "writev", before(os.writev, gate.pass_through))
            part = asyncio.create_task(store.append("upload-1", 4, stream(b"x" * MIB), limit_bytes=2 * MIB))
            await gate.someone_waits()
            part.cancel()
            gate.open()
            with pytest.raises(asyncio.CancelledError):
                await part
        assert open_files_in(root) == []
        assert (root / "staging/upload-1").read_bytes() == b"one "

    async def test_a_file_is_closed_only_when_no_thread_reads_from_it(
        self, store: FilesystemBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = await published(store, os.urandom(5 * MIB))
        gate = Gate()
        pieces = store.read(key, 0, 5 * MIB)
        monkeypatch.setattr(
            os, "pread", before(os.pread, lambda _, __, start: gate.pass_through() if start >= 2 * MIB else None)
        )
        await anext(pieces)
        await gate.someone_waits()
        await pieces.aclose()
        assert len(open_files_in(root)) == 1
        gate.open()
        await store.close()
        assert open_files_in(root) == []

    @pytest.mark.parametrize("size_bytes", [7, 5 * MIB])
    async def test_a_cancelled_reader_closes_its_file(
        self, store: FilesystemBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch, size_bytes: int
    ) -> None:
        key = await published(store, os.urandom(size_bytes))
        gate = Gate()
        monkeypatch.setattr(os, "pread", before(os.pread, gate.pass_through))
        reader = asyncio.create_task(content_of(store, key, size_bytes))
        await gate.someone_waits()
        reader.cancel()
        await asyncio.sleep(0.01)
        gate.open()
        with pytest.raises(asyncio.CancelledError):
            await reader
        assert open_files_in(root) == []

    async def test_a_cancelled_seal_closes_its_file_and_can_be_repeated(
        self, store: FilesystemBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await store.append("upload-1", 0, stream(b"content"), limit_bytes=7)
        await reopen(store)
        gate = Gate()
        monkeypatch.setattr(os, "preadv", before(os.preadv, gate.pass_through))
        sealing = asyncio.create_task(store.seal("upload-1", 7))
        await gate.someone_waits()
        sealing.cancel()
        gate.open()
        with pytest.raises(asyncio.CancelledError):
            await sealing
        assert open_files_in(root) == []
        assert (await store.seal("upload-1", 7)).digest == digest_of(b"content")
