"""What tests of transfers send, and what they find in the store."""

from collections.abc import AsyncIterator
from datetime import timedelta

from modelyard.application.services.transfer import TransferLimits
from modelyard.domain.digest import Digest, digest_of
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore

LIMITS = TransferLimits(upload_bytes=100, upload_ttl=timedelta(days=1), blob_lease=timedelta(hours=1))
CONTENT = b"the weights of a model"
DIGEST = digest_of(CONTENT)


async def sent(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def broken(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    raise ConnectionError("the client is gone")


async def stored(store: InMemoryBlobStore) -> list[Digest]:
    return [key.digest async for key, _ in store.stored()]


async def staged(store: InMemoryBlobStore) -> list[str]:
    return [token async for token, _ in store.staged()]
