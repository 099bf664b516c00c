"""Blobs as objects of S3, Google Cloud Storage or Azure."""

import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Sequence

from modelyard.application.ports.blob_store import BlobKey, StagedBlob
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import BlobLost, RegistryError, StorageUnavailable
from modelyard.infrastructure.blobs.object_client import ObjectClient
from modelyard.infrastructure.blobs.object_layout import BLOBS, blob_path, key_at, segment_path
from modelyard.infrastructure.blobs.object_parts import Ahead, Parts, within
from modelyard.infrastructure.blobs.object_staging import Staging
from modelyard.infrastructure.blobs.parallel import in_parallel
from modelyard.infrastructure.blobs.workers import Workers

PART_BYTES = 5 * 2**20
"""What is sent in one request: the least that S3 takes for a part, since each upload holds two of them."""

COPY_BYTES = 4 * 2**30
"""The largest object that is published by a copy within the store. S3 copies up to 5 GiB in one request."""

_HASHING_THREADS = 4

logger = logging.getLogger(__name__)


class ObjectBlobStore:
    """Implements `BlobStore` below a prefix of a bucket: `sha256/<2 digits>/<digest>/<generation>` and `staging/`.

    Nothing of an upload is kept in the process: any other one continues it. The store must list what was just written,
    list in the order of names, and refuse to create an object that is there; `open` tries that out.
    """

    def __init__(self, client: ObjectClient, *, part_bytes: int = PART_BYTES, copy_bytes: int = COPY_BYTES) -> None:
        self._client = client
        self._part_bytes = part_bytes
        self._copy_bytes = copy_bytes
        self._workers = Workers("blob-hashes", _HASHING_THREADS)
        self._staging = Staging(client, self._workers, part_bytes)

    async def open(self) -> None:
        """Try out what the store has to be able to do.

        Raises:
            StorageUnavailable: it does not answer, refuses the credentials, or overwrites what it should keep.
        """
        if self._workers.is_running:
            return
        self._workers.start()
        try:
            await self._try_out(is_thorough=True)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End the threads; connections end with the process."""
        await self._workers.stop()

    async def check(self) -> None:
        """Write, read and delete a probe of 16 bytes."""
        await self._try_out(is_thorough=False)

    async def stage(self, pieces: AsyncIterable[bytes], *, limit_bytes: int) -> StagedBlob:
        """Hash and send in one pass: small bodies in one request, others as an upload of many parts."""
        token = secrets.token_hex(16)
        parts = self._staging.parts(pieces, limit_bytes=limit_bytes)
        try:
            first = await parts.next() or b""
            if len(first) < self._part_bytes:
                await self._client.put(segment_path(token, 0), first)
            else:
                await self._stage_volumes(token, first, parts)
        except StorageUnavailable:  # which would not take a deletion either; the collector finds what there is
            raise
        except BaseException:
            await self._clean_up(self._staging.drop(token), token)
            raise
        return StagedBlob(token=token, digest=parts.digest, size_bytes=parts.total_bytes)

    async def stage_all(self, contents: AsyncIterable[bytes]) -> Sequence[StagedBlob]:
        """Each as an object of its own, several at a time."""

        async def stage_one(content: bytes) -> StagedBlob:
            return await self.stage(_whole(content), limit_bytes=len(content))

        blobs: list[StagedBlob] = []
        try:
            async for blob in in_parallel(stage_one, contents):
                blobs.append(blob)  # noqa: PERF401  # those before a failure are to be known
        except BaseException:
            for blob in blobs:
                await self._clean_up(self._staging.drop(blob.token), blob.token)
            raise
        return blobs

    async def _stage_volumes(self, token: str, first: bytes, parts: Parts) -> None:
        volume = _Volume(first, parts, self._copy_bytes)
        start = 0
        while not volume.is_last:
            ahead = Ahead(volume.next)
            try:
                await self._client.put_parts(segment_path(token, start), ahead, self._part_bytes)
            finally:
                await ahead.close()
            start += volume.taken_bytes
            volume.go_on()

    async def append(self, token: str, offset_bytes: int, pieces: AsyncIterable[bytes], *, limit_bytes: int) -> int:
        """Add segments of at most one part each: each is durable as soon as it is there."""
        segment_path(token, 0)
        within(limit_bytes, offset_bytes)
        await self._staging.cut(token, offset_bytes)
        parts = self._staging.parts(pieces, limit_bytes=limit_bytes, offset_bytes=offset_bytes)
        position = offset_bytes
        ahead = Ahead(parts.next)
        try:
            while (part := await ahead.next()) is not None:
                await self._staging.add(token, position, part)
                position += len(part)
        finally:
            await ahead.close()
        if position == 0:
            await self._client.put(segment_path(token, 0), b"")
        return position

    async def seal(self, token: str, size_bytes: int) -> StagedBlob:
        """Join the segments into the first one while they are hashed; what is too large to copy stays in segments."""
        first_bytes = await self._staging.first_size(token)
        if first_bytes < size_bytes <= self._copy_bytes:
            digest = await self._staging.join(token, size_bytes, segment_path(token, 0))
            await self._staging.drop_others(token)
            return StagedBlob(token=token, digest=digest, size_bytes=size_bytes)
        if first_bytes < size_bytes:
            await self._staging.cut(token, size_bytes)
        else:
            if first_bytes > size_bytes:
                await self._staging.shorten(token, 0, size_bytes)
            await self._staging.drop_others(token)
        digest = await self._staging.hash(token, size_bytes)
        return StagedBlob(token=token, digest=digest, size_bytes=size_bytes)

    async def publish(self, staged: StagedBlob, key: BlobKey) -> None:
        """Create small objects anew from bytes that are compared once more, copy others, join the largest.

        Raises:
            BlobLost: neither the staged bytes nor the key are there, or the store has changed the bytes.
        """
        source, target = segment_path(staged.token, 0), blob_path(key)
        try:
            await self._put_in_place(staged, source, target)
        except BlobLost:
            if await self._client.size(target) is None:
                raise
        is_one = staged.size_bytes <= self._copy_bytes
        leftovers = self._client.delete([source]) if is_one else self._staging.drop(staged.token)
        await self._clean_up(leftovers, staged.token)

    async def publish_all(self, blobs: Sequence[tuple[StagedBlob, BlobKey]]) -> None:
        """Several at a time."""
        async for _ in in_parallel(lambda blob: self.publish(*blob), blobs):
            pass

    async def _put_in_place(self, staged: StagedBlob, source: str, target: str) -> None:
        size_bytes = staged.size_bytes
        if size_bytes <= self._part_bytes:
            content = await self._client.get(source, 0, size_bytes) if size_bytes else b""
            if digest_of(content) != staged.digest:
                raise BlobLost("the staged bytes have changed in the store")
            if not size_bytes:
                await self._staging.first_size(staged.token)
            await self._client.create(target, content)
        elif size_bytes <= self._copy_bytes:
            await self._client.copy(source, target, size_bytes)
        elif await self._client.size(target) is None:
            # Two that publish the same key at once may both come here: they write the same verified bytes.
            await self._staging.join(staged.token, size_bytes, target, staged.digest)

    async def discard(self, token: str) -> None:
        """Delete all segments."""
        await self._staging.drop(token)

    def read(self, key: BlobKey, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        """Pieces of 4 MiB, each asked for by itself: a slow client holds no connection to the store."""
        return self._staging.pieces(blob_path(key), start, stop)

    async def delete(self, key: BlobKey) -> None:
        """Delete exactly this object."""
        await self._client.delete([blob_path(key)])

    async def signed_url(self, key: BlobKey, ttl_seconds: int) -> str | None:
        """An address at the provider, signed with the registry's credentials, whether the object is there or not."""
        return await self._client.signed_url(blob_path(key), ttl_seconds)

    async def stored(self) -> AsyncIterator[tuple[BlobKey, int]]:
        """Page by page; objects that the store did not name are passed over."""
        async for status in self._client.list(BLOBS):
            key = key_at(status.path)
            if key is not None:
                yield key, status.size_bytes

    def staged(self) -> AsyncIterator[tuple[str, float]]:
        """Page by page, by the store's times against this machine's clock."""
        return self._staging.tokens()

    async def _try_out(self, *, is_thorough: bool) -> None:
        # Below `staging`, where the collector finds what a process leaves that dies between these lines.
        path, content = segment_path(secrets.token_hex(16), 0), secrets.token_bytes(16)
        await self._client.put(path, content)
        try:
            if await self._client.get(path, 0, len(content)) != content:
                raise StorageUnavailable("the object store gave other bytes back")
            if is_thorough and await self._client.create(path, b"another"):
                raise StorageUnavailable("the object store overwrites what is there: it ignores If-None-Match")
        finally:
            await self._client.delete([path])

    async def _clean_up(self, deletion: Awaitable[None], token: str) -> None:
        """Drop what is of no use any more. When that fails, what was done before stays done: the collector drops it."""
        try:
            await deletion
        except RegistryError as error:
            logger.warning("the upload %s was left in the store: %s", token, error.message)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


class _Volume:
    """The parts of an upload up to the size that can be copied at once; the next ones make another object."""

    def __init__(self, first: bytes, parts: Parts, limit_bytes: int) -> None:
        self.taken_bytes = 0
        self.is_last = False
        self._waiting: bytes | None = first
        self._parts = parts
        self._limit_bytes = limit_bytes

    async def next(self) -> bytes | None:
        """The next part of this object, or None at its end."""
        part, self._waiting = self._waiting or await self._parts.next(), None
        if part is None:
            self.is_last = True
        elif self.taken_bytes and self.taken_bytes + len(part) > self._limit_bytes:
            part, self._waiting = None, part
        else:
            self.taken_bytes += len(part)
        return part

    def go_on(self) -> None:
        """Begin the next object."""
        self.taken_bytes = 0
