"""What the store on a disk holds in memory, and how it hands it to the kernel."""

import asyncio
import os
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from modelyard.application.ports.blob_store import BlobKey
from modelyard.domain.digest import digest_of
from modelyard.infrastructure.blobs.durable import IOV_MAX, begin_writing_back, write_all
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore
from tests.integration.blob_files import MIB, content_of, files_in, opened, published, stream

FAULTS_OF_AN_UPLOAD = """
import asyncio, pathlib, resource, sys
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore

async def pieces():
    for index in range(256):
        yield bytes([index]) * 2**18

async def main():
    store = FilesystemBlobStore(pathlib.Path(sys.argv[1]))
    await store.open()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    await store.stage(pieces(), limit_bytes=2**26)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    await store.close()

asyncio.run(main())
"""


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


async def test_a_large_file_passes_through_little_of_it(store: FilesystemBlobStore) -> None:
    size_bytes = 48 * MIB

    async def pieces() -> AsyncIterator[bytes]:
        for index in range(4 * 48):
            yield bytes([index]) * (MIB // 4)
            await asyncio.sleep(0)

    tracemalloc.start()
    try:
        upload = await store.stage(pieces(), limit_bytes=size_bytes)
        _, staging_peak_bytes = tracemalloc.get_traced_memory()
        key = BlobKey(digest=upload.digest, generation="g1")
        await store.publish(upload, key)
        tracemalloc.reset_peak()
        assert sum([len(piece) async for piece in store.read(key, 0, size_bytes)]) == size_bytes
        _, reading_peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert staging_peak_bytes < 8 * MIB
    assert reading_peak_bytes < 12 * MIB  # two pieces of 4 MiB, and a third where the loop is late


async def test_a_kernel_that_takes_little_at_a_time_gets_it_all(
    store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch
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
    assert upload.digest == key.digest
    assert await content_of(store, key, len(content)) == content
    assert max(lengths) <= IOV_MAX


async def test_a_kernel_that_gives_little_at_a_time_is_asked_again(
    store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await published(store, b"content")
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda descriptor, size, offset: real(descriptor, min(size, 3), offset))
    assert await content_of(store, key, 7) == b"content"


async def test_a_large_upload_is_sealed_in_portions(store: FilesystemBlobStore, root: Path) -> None:
    size_bytes = 130 * MIB
    upload = root / "staging/upload-1"
    upload.touch()
    os.truncate(upload, size_bytes - 7)
    await store.append("upload-1", size_bytes - 7, stream(b"content"), limit_bytes=size_bytes)
    assert (await store.seal("upload-1", size_bytes)).digest == digest_of(bytes(size_bytes - 7) + b"content")


async def test_a_body_that_trickles_in_is_written_before_its_pieces_pile_up(
    store: FilesystemBlobStore, root: Path
) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(5000):
            yield b"xy"
            await asyncio.sleep(0)
        assert files_in(root) != []

    await store.stage(trickle(), limit_bytes=10_000)


def test_more_buffers_than_the_kernel_takes_are_written_in_turns(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        assert write_all(file.fileno(), [b"xy", b""] * (2 * IOV_MAX)) == 4 * IOV_MAX
    assert (tmp_path / "file").read_bytes() == b"xy" * (2 * IOV_MAX)


async def test_writing_back_early_keeps_the_bytes(store: FilesystemBlobStore) -> None:
    piece = os.urandom(MIB)
    upload = await store.stage(stream(*[piece] * 70), limit_bytes=70 * MIB)
    key = BlobKey(digest=digest_of(piece * 70), generation="g1")
    await store.publish(upload, key)
    assert upload.digest == key.digest
    assert await content_of(store, key, 70 * MIB) == piece * 70


def test_writing_back_early_reports_what_fails() -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        begin_writing_back(-1, 0, MIB)


@pytest.mark.skipif("CS_GNU_LIBC_VERSION" not in os.confstr_names, reason="other allocators than that of glibc")
def test_a_large_upload_uses_the_same_memory_again(tmp_path: Path) -> None:
    program = [sys.executable, "-c", FAULTS_OF_AN_UPLOAD, str(tmp_path)]
    faults = int(subprocess.run(program, capture_output=True, check=True, text=True).stdout)
    assert faults < 4000
