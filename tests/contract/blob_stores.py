"""Every blob store that has to keep the contract, and the steps that its tests share."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from modelyard.application.ports.blob_store import BlobKey, BlobStore, StagedBlob
from modelyard.domain.digest import digest_of
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore
from modelyard.infrastructure.blobs.object_address import object_blob_store

MIB = 2**20
CONTENT = bytes(range(256)) * (5 * 4096) + b"five MiB and a little"


def _filesystem(request: pytest.FixtureRequest) -> BlobStore:
    return FilesystemBlobStore(request.getfixturevalue("folder") / "blobs")


def _in_memory(_: pytest.FixtureRequest) -> BlobStore:
    return InMemoryBlobStore()


def _s3(request: pytest.FixtureRequest) -> BlobStore:
    return object_blob_store(request.getfixturevalue("s3_bucket").url, allow_http=True)


def _s3_in_volumes(request: pytest.FixtureRequest) -> BlobStore:
    """Two parts are too many to be copied at once, as 4 GiB are otherwise."""
    return object_blob_store(request.getfixturevalue("s3_bucket").url, allow_http=True, copy_bytes=5 * MIB)


STORES: dict[str, Callable[[pytest.FixtureRequest], BlobStore]] = {
    "filesystem": _filesystem,
    "in_memory": _in_memory,
    "s3": _s3,
    "s3_in_volumes": _s3_in_volumes,
}


class ClientGoneError(Exception):
    pass


@asynccontextmanager
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[BlobStore]:
    """The store that the test runs on, emptied afterwards.

    When all went well, its staging area must be empty by itself. Once emptied, nothing is left below its prefix.
    """
    store = STORES[request.param](request)
    await store.open()
    try:
        yield store
        assert await tokens(store) == []
    finally:
        for token in await tokens(store):
            await store.discard(token)
        for key in [key async for key, _ in store.stored()]:
            await store.delete(key)
        await store.close()
    if request.param.startswith("s3"):
        bucket = request.getfixturevalue("s3_bucket")
        assert (bucket.objects(), bucket.unfinished()) == ([], [])


async def stream(content: bytes, piece_bytes: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), piece_bytes):
        yield content[start : start + piece_bytes]


async def broken_stream(content: bytes) -> AsyncIterator[bytes]:
    async for piece in stream(content):
        yield piece
    raise ClientGoneError


async def staged(store: BlobStore, content: bytes) -> StagedBlob:
    return await store.stage(stream(content), limit_bytes=len(content))


async def published(store: BlobStore, content: bytes, generation: str = "g1") -> BlobKey:
    key = BlobKey(digest=digest_of(content), generation=generation)
    await store.publish(await staged(store, content), key)
    return key


async def content_of(store: BlobStore, key: BlobKey, start: int, stop: int) -> bytes:
    return b"".join([piece async for piece in store.read(key, start, stop)])


async def tokens(store: BlobStore) -> list[str]:
    return [token async for token, _ in store.staged()]
