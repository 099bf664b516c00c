"""Bringing files in: one-shot and resumable uploads, each ending in a live blob under a lease."""

import asyncio
import secrets
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelyard.application.ports.blob_store import BlobKey, BlobStore, StagedBlob
from modelyard.application.ports.blobs import Blob
from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.uploads import Upload
from modelyard.application.services.segments import Segments
from modelyard.domain.digest import Digest
from modelyard.domain.errors import (
    BlobLost,
    DatabaseUnavailable,
    DigestMismatch,
    FieldError,
    InvalidInput,
    OffsetConflict,
    StorageFull,
    StorageUnavailable,
    TooLarge,
    UploadBusy,
    UploadIncomplete,
    UploadNotFound,
)
from modelyard.domain.principal import Principal

CLAIM = timedelta(seconds=120)
RECORD_WITHIN = timedelta(hours=6)
"""How long a file may be on its way from its place in the store to its row, in the database's time.

Much less than the age at which a collector takes files without rows (`Collection`), so that a process that stood still
in between cannot record a file that is being deleted.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLimits:
    """How large an upload may be, how long it may take, and how long its blob waits for a version."""

    upload_bytes: int
    upload_ttl: timedelta
    blob_lease: timedelta
    record_within: timedelta = RECORD_WITHIN
    renew_after: timedelta = CLAIM / 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A stored blob; `is_new` is false when the same bytes were there before."""

    digest: Digest
    size_bytes: int
    is_new: bool


class Transfer:
    """Takes bytes to their place in the order that loses nothing: staged and durable, published, then recorded."""

    def __init__(self, database: Database, blob_store: BlobStore, limits: TransferLimits) -> None:
        self._database = database
        self._blob_store = blob_store
        self._limits = limits

    async def missing(self, digests: Sequence[Digest]) -> list[Digest]:
        """Which of the digests have to be sent, in their order. The others are kept for a registration to come."""
        present = await self._database.sweep(_hold, digests, self._limits.blob_lease)
        return [digest for digest in dict.fromkeys(digests) if digest not in present]

    async def receive(
        self, principal: Principal, pieces: AsyncIterable[bytes], expected: Digest | None = None
    ) -> Received:
        """Store one file from a stream. When this raises, nothing of it is kept.

        Raises:
            DigestMismatch: the bytes are not those of `expected`.
            TooLarge: more bytes than one upload may have.
        """
        staged = await self._blob_store.stage(pieces, limit_bytes=self._limits.upload_bytes)
        return await self._keep(principal, staged, expected)

    def begin(self, tx: Transaction, principal: Principal, size_bytes: int, digest: Digest | None) -> Upload:
        """Begin a resumable upload of a known size.

        Raises:
            TooLarge: more bytes than one upload may have.
        """
        if size_bytes > self._limits.upload_bytes:
            raise TooLarge(
                f"an upload has at most {self._limits.upload_bytes} bytes, not {size_bytes}",
                errors=[FieldError(pointer="/size_bytes", message=f"at most {self._limits.upload_bytes}")],
            )
        upload = Upload(
            id=secrets.token_urlsafe(24),
            size_bytes=size_bytes,
            digest=digest,
            offset_bytes=0,
            created_by=principal.name,
            created_at=tx.now,
            expires_at=tx.now + self._limits.upload_ttl,
        )
        tx.uploads.add(upload)
        return upload

    async def find(self, upload_id: str) -> Upload:
        """An upload under way, with the offset up to which its bytes are durable.

        Raises:
            UploadNotFound: there is none.
        """
        return await self._database.read(_upload, upload_id)

    async def append(self, upload_id: str, offset_bytes: int, pieces: AsyncIterable[bytes]) -> int:
        """Continue an upload at its offset. Returns the new offset; bytes below it are durable.

        What arrived before `pieces` ends counts, so a broken connection loses at most what was on its way. While one
        request writes, another one is refused.

        Raises:
            UploadNotFound, UploadBusy: it cannot be written now.
            OffsetConflict: the upload continues elsewhere.
            TooLarge: more bytes than the upload was begun with; the offset stays where it was durable.
        """
        async with self._claimed(upload_id, offset_bytes) as (upload, writer):
            source = Segments(pieces)
            while not source.is_exhausted:
                offset_bytes = await self._blob_store.append(
                    upload_id, offset_bytes, source.next_segment(), limit_bytes=upload.size_bytes
                )
                await self._database.write(_advance, upload_id, writer, offset_bytes, self._limits.upload_ttl)
        return offset_bytes

    async def finish(self, principal: Principal, upload_id: str, expected: Digest | None) -> Received:
        """End an upload: hash it, compare, and keep it as a blob.

        Raises:
            UploadNotFound, UploadBusy: it cannot be ended now.
            UploadIncomplete: bytes are still missing.
            DigestMismatch: the bytes are not those of `expected` or of the digest that it was begun with; the upload is
                over.
        """
        async with self._claimed(upload_id, None) as (upload, writer), self._renewed(upload, writer):
            _require_complete(upload, expected)
            if not upload.size_bytes:
                await self._blob_store.append(upload_id, 0, _nothing(), limit_bytes=0)
            staged = await self._blob_store.seal(upload_id, upload.size_bytes)
            received = await self._keep(principal, staged, expected or upload.digest)
            await self._database.write(_forget, upload_id)
        return received

    @asynccontextmanager
    async def _claimed(self, upload_id: str, offset_bytes: int | None) -> AsyncIterator[tuple[Upload, str]]:
        """Be the only writer of an upload. It is over when its bytes turn out to be wrong, or gone from the store."""
        writer = secrets.token_urlsafe(12)
        upload = await self._database.write(_claim, upload_id, writer, offset_bytes)
        try:
            yield upload, writer
        except DigestMismatch:
            await self._database.write(_forget, upload_id)
            raise
        except BlobLost as error:
            await self._database.write(_forget, upload_id)
            raise UploadNotFound(f"the bytes of the upload {upload_id} are gone") from error
        finally:
            await self._database.write(_release, upload_id, writer)

    @asynccontextmanager
    async def _renewed(self, upload: Upload, writer: str) -> AsyncIterator[None]:
        """Keep a claim while large files are hashed; a claim that cannot be renewed now is tried again."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(self._limits.renew_after.total_seconds())
                with suppress(DatabaseUnavailable, StorageFull):
                    await self._database.write(
                        _advance, upload.id, writer, upload.offset_bytes, self._limits.upload_ttl
                    )

        task = asyncio.create_task(renew())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait((task,))

    async def abandon(self, upload_id: str) -> None:
        """Drop an upload and its bytes.

        Raises:
            UploadNotFound, UploadBusy: it cannot be dropped now.
        """
        writer = secrets.token_urlsafe(12)
        await self._database.write(_claim, upload_id, writer, None)
        await self._blob_store.discard(upload_id)
        await self._database.write(_forget, upload_id)

    async def _keep(self, principal: Principal, staged: StagedBlob, expected: Digest | None) -> Received:
        """Publish staged bytes, then record them: a crash in between leaves an orphan file, never a row without one."""
        if expected is not None and staged.digest != expected:
            await self._blob_store.discard(staged.token)
            raise DigestMismatch(
                f"the bytes have the digest {staged.digest}, not {expected}",
                details={"expected": expected, "actual": staged.digest},
            )
        held, began_at = await self._database.write(_renew, staged.digest, self._limits.blob_lease)
        if held is not None:
            await self._blob_store.discard(staged.token)
            return Received(digest=staged.digest, size_bytes=held.size_bytes, is_new=False)
        key = BlobKey(digest=staged.digest, generation=secrets.token_hex(8))
        await self._blob_store.publish(staged, key)
        blob = await self._database.write(_record, principal, key, staged.size_bytes, began_at, self._limits)
        if blob.key != key:
            await self._blob_store.delete(key)
        return Received(digest=staged.digest, size_bytes=blob.size_bytes, is_new=blob.key == key)


async def _nothing() -> AsyncIterator[bytes]:
    """The bytes of an empty upload, which needs no PATCH."""
    return
    yield b""


def _require_complete(upload: Upload, expected: Digest | None) -> None:
    if upload.offset_bytes != upload.size_bytes:
        raise UploadIncomplete(
            f"{upload.offset_bytes} of {upload.size_bytes} bytes have arrived",
            hint="Send the rest with PATCH, from the offset in `offset_bytes`.",
            details={"offset_bytes": upload.offset_bytes, "size_bytes": upload.size_bytes},
        )
    if expected and upload.digest and expected != upload.digest:
        message = f"the upload was begun for {upload.digest}"
        raise InvalidInput(message, errors=[FieldError(pointer="digest", message=message)])


def _hold(tx: Transaction, digests: Sequence[Digest], lease: timedelta) -> frozenset[Digest]:
    return frozenset(tx.blobs.renew(digests, tx.now + lease))


def _upload(tx: Transaction, upload_id: str) -> Upload:
    return tx.uploads.get(upload_id, at=tx.now)


def _claim(tx: Transaction, upload_id: str, writer: str, offset_bytes: int | None) -> Upload:
    is_claimed = tx.uploads.claim(upload_id, writer, at=tx.now, until=tx.now + CLAIM)
    upload = tx.uploads.get(upload_id, at=tx.now)  # after the claim: from here on nobody else moves its offset
    if not is_claimed:
        raise UploadBusy(
            f"another request is writing to the upload {upload_id}",
            hint="Wait until it ends, or at most two minutes after its client is gone.",
        )
    if offset_bytes is not None and offset_bytes != upload.offset_bytes:
        raise OffsetConflict(
            f"the upload continues at {upload.offset_bytes}, not at {offset_bytes}",
            hint="Continue at the offset in `offset_bytes`.",
            details={"offset_bytes": upload.offset_bytes, "size_bytes": upload.size_bytes},
        )
    return upload


def _advance(tx: Transaction, upload_id: str, writer: str, offset_bytes: int, ttl: timedelta) -> None:
    until, expires_at = tx.now + CLAIM, tx.now + ttl
    if not tx.uploads.advance(upload_id, writer, offset_bytes, until=until, expires_at=expires_at):
        raise UploadBusy(f"the upload {upload_id} was taken over by another request", hint="Ask for its offset.")


def _release(tx: Transaction, upload_id: str, writer: str) -> None:
    tx.uploads.release(upload_id, writer)


def _forget(tx: Transaction, upload_id: str) -> None:
    tx.uploads.delete(upload_id)


def _renew(tx: Transaction, digest: Digest, lease: timedelta) -> tuple[Blob | None, datetime]:
    return tx.blobs.renew([digest], tx.now + lease).get(digest), tx.now


def _record(
    tx: Transaction, principal: Principal, key: BlobKey, size_bytes: int, began_at: datetime, limits: TransferLimits
) -> Blob:
    require_timely(tx, began_at, limits)
    return tx.blobs.add(key, size_bytes, by=principal.name, at=tx.now, lease_until=tx.now + limits.blob_lease)


def require_timely(tx: Transaction, began_at: datetime, limits: TransferLimits) -> None:
    """See that a file may still be recorded whose way to its place began then.

    Raises:
        StorageUnavailable: a collector may be about to take it.
    """
    if tx.now - began_at > limits.record_within:
        raise StorageUnavailable("the file took too long to get to its place", hint="Send it again.")
