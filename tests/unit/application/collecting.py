"""What tests of the collector work with."""

from collections.abc import AsyncIterator
from datetime import timedelta

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.services.collection import Collection, CollectionReport
from modelyard.application.services.transfer import Transfer
from modelyard.domain.errors import StorageUnavailable
from modelyard.domain.model_version import File
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore
from tests.factories import ADA
from tests.unit.application.transfers import sent

DAY = timedelta(days=1)


class AgeingStore(InMemoryBlobStore):
    """Its staged bytes were all written a while ago; a file whose digest is in `stuck` cannot be deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.idle_seconds = 0.0
        self.stuck: set[str] = set()

    async def staged(self) -> AsyncIterator[tuple[str, float]]:
        async for token, _ in super().staged():
            yield token, self.idle_seconds

    async def delete(self, key: BlobKey) -> None:
        if key.digest in self.stuck:
            raise StorageUnavailable("the file store failed (EPERM)")
        await super().delete(key)


async def push(transfer: Transfer, *contents: bytes) -> list[File]:
    received = [await transfer.receive(ADA, sent(content)) for content in contents]
    return [File(path=f"{one.digest[7:15]}.bin", digest=one.digest, size_bytes=one.size_bytes) for one in received]


async def collect(collection: Collection) -> CollectionReport:
    report = await collection.run()
    assert report is not None
    return report


async def publish_orphan(store: InMemoryBlobStore, content: bytes, generation: str = "1") -> BlobKey:
    """What a crash between the file and its row leaves."""
    upload = await store.stage(sent(content), limit_bytes=100)
    key = BlobKey(digest=upload.digest, generation=generation)
    await store.publish(upload, key)
    return key
