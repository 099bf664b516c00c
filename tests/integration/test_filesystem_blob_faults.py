"""A disk that is full, read-only or broken: what the store answers, and that nothing is half done."""

import asyncio
import errno
import logging
import os
import resource
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modelyard.application.ports.blob_store import BlobKey
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import BlobLost, RegistryError, StorageFull, StorageUnavailable, UploadBusy
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore
from tests.integration.blob_files import (
    MIB,
    before,
    content_of,
    files_in,
    is_of_the_store,
    open_files_in,
    opened,
    published,
    reopen,
    stream,
)

ANSWERS: list[tuple[int, type[RegistryError]]] = [
    (errno.ENOSPC, StorageFull),
    (errno.EDQUOT, StorageFull),
    (errno.EFBIG, StorageFull),
    (errno.EIO, StorageUnavailable),
    (errno.EROFS, StorageUnavailable),
    (errno.EACCES, StorageUnavailable),
    (errno.EMFILE, StorageUnavailable),
]


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


@contextmanager
def failing(call: str, number: int) -> Iterator[list[object]]:
    """The kernel answers one kind of call with an error; what it was asked is noted."""
    asked: list[object] = []

    def fail(*args: object, **kwargs: object) -> None:
        if is_of_the_store():
            asked.append(args[0])
            raise OSError(number, os.strerror(number), "/srv/secret/path")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, call, before(getattr(os, call), fail))
        yield asked


@contextmanager
def files_limited_to(size_bytes: int) -> Iterator[None]:
    """The kernel itself takes part of a write, and then answers EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class TestUploads:
    @pytest.mark.parametrize("call", ["open", "writev", "fsync"])
    @pytest.mark.parametrize(("number", "answer"), ANSWERS)
    async def test_an_upload_that_fails_leaves_nothing_and_the_next_one_succeeds(
        self, store: FilesystemBlobStore, root: Path, call: str, number: int, answer: type[RegistryError]
    ) -> None:
        with failing(call, number), pytest.raises(answer):
            await store.stage(stream(b"content"), limit_bytes=7)
        assert files_in(root) == []
        assert open_files_in(root) == []
        await published(store, b"content")

    async def test_a_full_disk_in_the_middle_of_an_upload_leaves_nothing(
        self, store: FilesystemBlobStore, root: Path
    ) -> None:
        with files_limited_to(5 * MIB // 2), pytest.raises(StorageFull):
            await store.stage(stream(*[b"x" * (MIB // 2)] * 20), limit_bytes=10 * MIB)
        assert files_in(root) == []
        await published(store, b"x" * 10 * MIB)

    async def test_a_full_disk_takes_only_the_new_part_of_an_append(
        self, store: FilesystemBlobStore, root: Path
    ) -> None:
        await store.append("upload-1", 0, stream(b"one "), limit_bytes=4)
        with files_limited_to(1000), pytest.raises(StorageFull):
            await store.append("upload-1", 4, stream(b"x" * 2000), limit_bytes=5000)
        assert (root / "staging/upload-1").read_bytes() == b"one "
        assert await store.append("upload-1", 4, stream(b"two"), limit_bytes=7) == 7
        assert (await store.seal("upload-1", 7)).digest == digest_of(b"one two")

    async def test_fsync_is_never_tried_twice_and_drops_the_whole_upload(
        self, store: FilesystemBlobStore, root: Path
    ) -> None:
        await store.append("upload-1", 0, stream(b"one "), limit_bytes=4)
        with failing("fsync", errno.EIO) as asked, pytest.raises(StorageUnavailable):
            await store.append("upload-1", 4, stream(b"two"), limit_bytes=7)
        assert len(asked) == 1
        assert files_in(root) == []
        with pytest.raises(BlobLost):
            await store.append("upload-1", 4, stream(b"two"), limit_bytes=7)

    async def test_a_seal_that_cannot_be_durable_drops_the_upload(self, store: FilesystemBlobStore, root: Path) -> None:
        await store.append("upload-1", 0, stream(b"content"), limit_bytes=7)
        with failing("fsync", errno.EIO), pytest.raises(StorageUnavailable):
            await store.seal("upload-1", 7)
        assert files_in(root) == []

    async def test_a_seal_that_cannot_read_can_be_repeated(self, store: FilesystemBlobStore) -> None:
        await store.append("upload-1", 0, stream(b"content"), limit_bytes=7)
        await reopen(store)
        with failing("preadv", errno.EIO), pytest.raises(StorageUnavailable):
            await store.seal("upload-1", 7)
        assert (await store.seal("upload-1", 7)).digest == digest_of(b"content")

    async def test_an_upload_that_was_hashed_as_it_came_is_not_read_when_it_ends(
        self, store: FilesystemBlobStore
    ) -> None:
        await store.append("upload-1", 0, stream(b"con"), limit_bytes=7)
        await store.append("upload-1", 3, stream(b"tent"), limit_bytes=7)
        with failing("preadv", errno.EIO):
            assert (await store.seal("upload-1", 7)).digest == digest_of(b"content")

    @pytest.mark.parametrize("is_between", [True, False])
    async def test_an_upload_that_others_wrote_to_is_read_when_it_ends(
        self, store: FilesystemBlobStore, root: Path, is_between: bool
    ) -> None:
        await store.append("upload-1", 0, stream(b"con"), limit_bytes=7)
        if not is_between:
            await store.append("upload-1", 3, stream(b"tent"), limit_bytes=7)
        with (root / "staging/upload-1").open("r+b") as file:
            file.write(b"CON")
        os.utime(root / "staging/upload-1", (0, 0))
        if is_between:
            await store.append("upload-1", 3, stream(b"tent"), limit_bytes=7)
        assert (await store.seal("upload-1", 7)).digest == digest_of(b"CONtent")

    async def test_only_one_request_at_a_time_writes_to_an_upload(self, store: FilesystemBlobStore) -> None:
        has_begun, may_end = asyncio.Event(), asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b"x" * MIB
            yield b"x" * MIB
            has_begun.set()
            await may_end.wait()

        first = asyncio.create_task(store.append("upload-1", 0, slow(), limit_bytes=3 * MIB))
        await has_begun.wait()
        await asyncio.sleep(0.05)
        with pytest.raises(UploadBusy):
            await store.append("upload-1", 0, stream(b"y" * MIB), limit_bytes=3 * MIB)
        with pytest.raises(UploadBusy):
            await store.seal("upload-1", MIB)
        may_end.set()
        assert await first == 2 * MIB
        assert (await store.seal("upload-1", 2 * MIB)).digest == digest_of(b"x" * 2 * MIB)

    async def test_a_seal_of_a_file_that_shrinks_meanwhile_is_a_loss(
        self, store: FilesystemBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await store.append("upload-1", 0, stream(b"content"), limit_bytes=7)
        await reopen(store)
        upload = root / "staging/upload-1"
        monkeypatch.setattr(os, "preadv", before(os.preadv, lambda *_: os.truncate(upload, 3)))
        with pytest.raises(BlobLost):
            await store.seal("upload-1", 7)

    async def test_a_disk_that_takes_nothing_and_says_nothing_ends_the_upload(
        self, store: FilesystemBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "writev", lambda *_: 0)
        with pytest.raises(StorageUnavailable):
            await store.stage(stream(b"content"), limit_bytes=7)
        assert files_in(root) == []

    async def test_an_error_of_the_stream_is_not_taken_for_one_of_the_disk(self, store: FilesystemBlobStore) -> None:
        async def reset() -> AsyncIterator[bytes]:
            yield b"content"
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await store.stage(reset(), limit_bytes=7)


class TestPublishing:
    async def test_a_name_that_cannot_be_durable_is_taken_back_with_the_upload(
        self, store: FilesystemBlobStore, root: Path
    ) -> None:
        upload = await store.stage(stream(b"content"), limit_bytes=7)
        with failing("fsync", errno.EIO) as asked, pytest.raises(StorageUnavailable):
            await store.publish(upload, BlobKey(digest=upload.digest, generation="g1"))
        assert len(asked) == 1
        assert files_in(root) == []

    async def test_a_key_that_was_there_before_stays(self, store: FilesystemBlobStore) -> None:
        key = await published(store, b"content")
        again = await store.stage(stream(b"content"), limit_bytes=7)
        with failing("fsync", errno.EIO), pytest.raises(StorageUnavailable):
            await store.publish(again, key)
        assert await content_of(store, key, 7) == b"content"

    async def test_a_full_folder_keeps_the_staged_bytes_for_another_try(self, store: FilesystemBlobStore) -> None:
        upload = await store.stage(stream(b"content"), limit_bytes=7)
        key = BlobKey(digest=upload.digest, generation="g1")
        with failing("link", errno.ENOSPC), pytest.raises(StorageFull):
            await store.publish(upload, key)
        await store.publish(upload, key)
        assert await content_of(store, key, 7) == b"content"


class TestReading:
    @pytest.mark.parametrize("call", ["open", "fstat", "pread"])
    async def test_a_broken_disk_is_no_lost_blob_and_reading_recovers(
        self, store: FilesystemBlobStore, root: Path, call: str
    ) -> None:
        key = await published(store, b"content")
        with failing(call, errno.EIO), pytest.raises(StorageUnavailable):
            await content_of(store, key, 7)
        assert open_files_in(root) == []
        assert await content_of(store, key, 7) == b"content"

    async def test_reads_go_on_while_the_disk_is_full(self, store: FilesystemBlobStore) -> None:
        key = await published(store, b"content")
        with files_limited_to(0):
            with pytest.raises(StorageFull):
                await store.check()
            assert await content_of(store, key, 7) == b"content"


class TestOpening:
    @pytest.mark.parametrize(
        "spoil",
        [
            pytest.param(lambda root: root.write_bytes(b"a file"), id="the root is a file"),
            pytest.param(lambda root: (root.mkdir(), (root / "staging").touch()), id="the staging area is a file"),
        ],
    )
    async def test_a_folder_that_cannot_be_used_is_refused_and_no_thread_stays(
        self, tmp_path: Path, spoil: Callable[[Path], object]
    ) -> None:
        spoil(tmp_path / "blobs")
        with pytest.raises(StorageUnavailable):
            await FilesystemBlobStore(tmp_path / "blobs").open()
        assert [thread.name for thread in threading.enumerate() if thread.name.startswith("blob-")] == []

    @pytest.mark.parametrize("call", ["mkdir", "fsync", "link"])
    async def test_a_file_system_that_lacks_something_is_refused_before_the_first_upload(
        self, tmp_path: Path, call: str
    ) -> None:
        store = FilesystemBlobStore(tmp_path / "blobs")
        with failing(call, errno.EPERM), pytest.raises(StorageUnavailable):
            await store.open()
        await store.open()
        await store.close()
        assert files_in(tmp_path) == []

    async def test_a_probe_that_comes_back_changed_fails_the_check(
        self, store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Path, "read_bytes", lambda _: b"other")
        with pytest.raises(StorageUnavailable):
            await store.check()


async def test_the_operator_reads_the_path_in_the_log_and_the_client_does_not(
    store: FilesystemBlobStore, caplog: pytest.LogCaptureFixture
) -> None:
    with failing("fsync", errno.EIO), caplog.at_level(logging.ERROR), pytest.raises(StorageUnavailable) as refusal:
        await store.stage(stream(b"content"), limit_bytes=7)
    assert refusal.value.message == "the file store failed (EIO)"
    assert isinstance(refusal.value.__cause__, OSError)
    assert "/srv/secret/path" in caplog.text
