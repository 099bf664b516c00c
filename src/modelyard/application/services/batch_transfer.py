"""Bringing many small files in at once: one stream, one wait for the disk, one transaction."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelyard.application.ports.blob_store import BlobKey, BlobStore, StagedBlob
from modelyard.application.ports.blobs import Blob
from modelyard.application.ports.database import Database, Transaction
from modelyard.application.services.transfer import Received, TransferLimits, require_timely
from modelyard.domain.digest import Digest
from modelyard.domain.errors import DigestMismatch, RegistryError, StorageUnavailable, TooLarge
from modelyard.domain.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallFile:
    """A whole file, and the digest that it is said to have."""

    digest: Digest
    content: bytes


class BatchTransfer:
    """Takes many files in the order in which `Transfer` takes one: staged and durable, published, then recorded.

    All of them or none: what makes one of them unacceptable refuses the batch. After a crash between two steps there
    are files that no row names, never a row without its file.
    """

    def __init__(self, database: Database, blob_store: BlobStore, limits: TransferLimits) -> None:
        self._database = database
        self._blob_store = blob_store
        self._limits = limits

    async def receive(self, principal: Principal, files: AsyncIterator[SmallFile]) -> Sequence[Received]:
        """Store all files that come, each of another digest, and tell of them in their order.

        Raises:
            DigestMismatch: the bytes of a file are not those of its digest.
            TooLarge: a file has more bytes than an upload may have.
        """
        announced: list[Digest] = []
        staged = await self._blob_store.stage_all(self._contents(files, announced))
        if wrong := [(blob, digest) for blob, digest in zip(staged, announced, strict=True) if blob.digest != digest]:
            await self._discard(staged)
            raise _mismatch(*wrong[0])
        try:
            held, began_at = await self._database.sweep(_renew, announced, self._limits.blob_lease)
        except BaseException:
            await self._discard(staged)
            raise
        await self._discard([blob for blob in staged if blob.digest in held])
        new = [blob for blob in staged if blob.digest not in held]
        recorded = await self._keep(principal, new, began_at, held)
        return [_received(blob, held, recorded) for blob in staged]

    async def _contents(self, files: AsyncIterator[SmallFile], announced: list[Digest]) -> AsyncIterator[bytes]:
        async for file in files:
            if len(file.content) > self._limits.upload_bytes:
                raise TooLarge(f"an upload has at most {self._limits.upload_bytes} bytes, not {len(file.content)}")
            announced.append(file.digest)
            yield file.content

    async def _keep(
        self, principal: Principal, staged: Sequence[StagedBlob], began_at: datetime, held: Mapping[Digest, Blob]
    ) -> Mapping[Digest, bool]:
        """Publish, then record, and hold the others as long; whether each is new, by digest."""
        if not staged:
            return {}
        generation = secrets.token_hex(8)
        placed = [(blob, BlobKey(digest=blob.digest, generation=generation)) for blob in staged]
        await self._blob_store.publish_all(placed)
        kept = await self._database.sweep(_record, principal, placed, began_at, list(held), self._limits)
        for blob, (_, key) in zip(kept, placed, strict=True):
            if blob.key != key:
                await self._blob_store.delete(key)
        return {blob.key.digest: blob.key.generation == generation for blob in kept}

    async def _discard(self, staged: Sequence[StagedBlob]) -> None:
        """Drop what is of no use; what the store does not drop now, the collector finds."""
        for start in range(0, len(staged), 100):
            tokens = [blob.token for blob in staged[start : start + 100]]
            with suppress(RegistryError):
                await asyncio.gather(*map(self._blob_store.discard, tokens))


def _received(blob: StagedBlob, held: Mapping[Digest, Blob], recorded: Mapping[Digest, bool]) -> Received:
    is_new = blob.digest not in held and recorded[blob.digest]
    return Received(digest=blob.digest, size_bytes=blob.size_bytes, is_new=is_new)


def _mismatch(blob: StagedBlob, expected: Digest) -> DigestMismatch:
    return DigestMismatch(
        f"the bytes said to be {expected} have the digest {blob.digest}; nothing of the batch was kept",
        details={"expected": expected, "actual": blob.digest},
    )


def _renew(tx: Transaction, digests: Sequence[Digest], lease: timedelta) -> tuple[Mapping[Digest, Blob], datetime]:
    return tx.blobs.renew(digests, tx.now + lease), tx.now


def _record(
    tx: Transaction,
    principal: Principal,
    placed: Sequence[tuple[StagedBlob, BlobKey]],
    began_at: datetime,
    held: Sequence[Digest],
    limits: TransferLimits,
) -> Sequence[Blob]:
    require_timely(tx, began_at, limits)
    until = tx.now + limits.blob_lease
    if len(tx.blobs.renew(held, until)) < len(held):
        raise StorageUnavailable("files of the batch were there and are no more", hint="Send it again.")
    ordered = sorted(placed, key=lambda pair: pair[1].digest)  # two that add the same must not each wait for the other
    added = {
        key: tx.blobs.add(key, staged.size_bytes, by=principal.name, at=tx.now, lease_until=until)
        for staged, key in ordered
    }
    return [added[key] for _, key in placed]
