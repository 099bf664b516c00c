"""Reading a file so that nobody gets all of it unless it is what was registered."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

from modelyard.application.ports.blob_store import BlobKey, BlobStore
from modelyard.domain.errors import BlobLost

logger = logging.getLogger(__name__)


async def proved(store: BlobStore, key: BlobKey, size_bytes: int) -> AsyncGenerator[bytes, None]:
    """All bytes of a file in pieces; the last one comes only when the digest of all of them is right.

    A piece is hashed in a thread while the one before it is on its way to the taker. A file of one piece, 2 MiB in a
    folder and 4 MiB in an object store, is proved before anything of it comes.

    Raises:
        BlobLost: in place of the last piece, when the bytes are not those that were stored; or as `BlobStore.read`.
    """
    loop = asyncio.get_running_loop()
    total = hashlib.sha256()
    held = b""
    async with aclosing(store.read(key, 0, size_bytes)) as pieces:
        async for piece in pieces:
            hashing = loop.run_in_executor(None, total.update, piece)
            if held:
                yield held
            held = piece
            await hashing
    found = f"sha256:{total.hexdigest()}"
    if found != key.digest:
        logger.error("a download was broken off: the bytes of %s have the digest %s", key.digest, found)
        raise BlobLost(
            "the bytes of the file are damaged",
            hint="Tell the operator: modelyard verify --quarantine takes it out of use until the bytes come again.",
        )
    yield held
