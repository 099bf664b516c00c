"""Every blob store that has to keep the contract, and the steps that its tests share."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from modelyard.application.ports.blob_store import BlobKey, BlobStore, StagedBlob
from modelyard.domain.digest import digest_of
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore

MIB = 2**20
CONTENT = bytes(range(256)) * (5 * 4096) + b"five MiB and a little"
STORES: dict[str, Callable[[Path], BlobStore]] = {
    "filesystem": lambda folder: FilesystemBlobStore(folder / "blobs"),
    "in_memory": lambda folder: InMemoryBlobStore(),
}


class ClientGoneError(Exception):
    pass


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[BlobStore]:
    """A store of this kind, emptied afterwards; when all went well, its staging area must be empty by itself."""
    store = STORES[kind](folder)
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
