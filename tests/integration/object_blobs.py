"""Steps that the tests of the store on S3 share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from modelyard.application.ports.blob_store import BlobKey
from modelyard.domain.digest import digest_of
from modelyard.infrastructure.blobs.object_address import object_blob_store
from modelyard.infrastructure.blobs.object_client import Patience
from modelyard.infrastructure.blobs.object_store import COPY_BYTES, ObjectBlobStore
from modelyard.infrastructure.circuit_breaker import CircuitBreaker
from tests.servers.seaweedfs import S3Bucket

MIB = 2**20
PART = 5 * MIB
CONTENT = bytes(range(256)) * (11 * 4096) + b"eleven MiB and a little"
SHORT = Patience(request=6.0, retries=0.5, call=12.0, max_retries=2)


@asynccontextmanager
async def opened(
    bucket: S3Bucket, *, copy_bytes: int = COPY_BYTES, patience: Patience | None = None, failures: int = 1000
) -> AsyncIterator[ObjectBlobStore]:
    """A store that is open; its breaker does not break unless the test says when."""
    store = object_blob_store(
        bucket.url,
        allow_http=True,
        copy_bytes=copy_bytes,
        patience=patience,
        breaker=CircuitBreaker(failures, pause_seconds=1.0),
    )
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def stream(content: bytes, piece_bytes: int = 256 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(content), piece_bytes):
        yield content[start : start + piece_bytes]


async def published(store: ObjectBlobStore, content: bytes) -> BlobKey:
    key = BlobKey(digest=digest_of(content), generation="g1")
    await store.publish(await store.stage(stream(content), limit_bytes=len(content)), key)
    return key


async def content_of(store: ObjectBlobStore, key: BlobKey, size_bytes: int) -> bytes:
    return b"".join([piece async for piece in store.read(key, 0, size_bytes)])


async def appended(store: ObjectBlobStore, offset_bytes: int, content: bytes) -> int:
    return await store.append("upload-1", offset_bytes, stream(content), limit_bytes=2**40)


def place(key: BlobKey) -> str:
    """Where a blob lies, from the prefix on."""
    digits = key.digest.removeprefix("sha256:")
    return f"sha256/{digits[:2]}/{digits}/{key.generation}"


def segment(start: int, upload: str = "upload-1") -> str:
    return f"staging/{upload}/{start:015d}"
