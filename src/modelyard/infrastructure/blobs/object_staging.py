"""Uploads under way in an object store: each is a row of segments, and no process keeps anything of it in mind."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing

from modelyard.domain.digest import Digest
from modelyard.domain.errors import BlobLost, StorageUnavailable
from modelyard.infrastructure.blobs.object_client import ObjectClient, ObjectStatus, age_seconds
from modelyard.infrastructure.blobs.object_layout import STAGING, segment_at, segment_path, staging_folder
from modelyard.infrastructure.blobs.object_parts import Ahead, Parts
from modelyard.infrastructure.blobs.workers import Workers

PIECE_BYTES = 4 * 2**20
"""What one request reads."""

_MAX_PARTS = 9_000
"""Parts of one object: S3 takes 10,000."""


class Staging:
    """The segments of all uploads, `staging/<token>/<first byte>`. They follow each other without gaps.

    Appended ones have at most `part_bytes`, so that the end of an upload of any length is found by one short listing.
    The first may hold all of a sealed upload, or of one that came in one request.
    """

    def __init__(self, client: ObjectClient, workers: Workers, part_bytes: int) -> None:
        self._client = client
        self._workers = workers
        self._part_bytes = part_bytes

    def parts(self, pieces: AsyncIterable[bytes], *, limit_bytes: int, offset_bytes: int = 0) -> Parts:
        """A stream, cut as segments are."""
        return Parts(
            pieces, self._workers, part_bytes=self._part_bytes, limit_bytes=limit_bytes, offset_bytes=offset_bytes
        )

    async def first_size(self, token: str) -> int:
        """The bytes of the first segment.

        Raises:
            BlobLost: there is none.
        """
        size_bytes = await self._client.size(segment_path(token, 0))
        if size_bytes is None:
            raise BlobLost("the bytes of the upload are gone")
        return size_bytes

    async def add(self, token: str, start: int, content: bytes) -> None:
        """Store one segment, durably; one that is there is never replaced.

        Raises:
            StorageUnavailable: another request has written other bytes there.
        """
        path = segment_path(token, start)
        if await self._client.create(path, content):
            return
        # Either it was this call, and the first answer got lost, or a writer whose time was over.
        stored_bytes = await self._client.size(path)
        if stored_bytes != len(content) or (content and await self._client.get(path, 0, len(content)) != content):
            raise StorageUnavailable("another request writes to the same upload")

    async def cut(self, token: str, size_bytes: int) -> None:
        """Drop what lies beyond; a segment that reaches over the end is shortened.

        Raises:
            BlobLost: fewer bytes are there.
        """
        holder: tuple[int, int] | None = None
        beyond = []
        async for start, status in self._segments(token, max(0, size_bytes - self._part_bytes)):
            if start < size_bytes:
                holder = (start, status.size_bytes)
            else:
                beyond.append(status.path)
        if size_bytes and (holder is None or sum(holder) < size_bytes):
            holder = (0, await self.first_size(token))  # a sealed one
        if holder is not None and sum(holder) < size_bytes:
            raise BlobLost("the upload is shorter than recorded")
        if holder is not None and sum(holder) > size_bytes:
            await self.shorten(token, holder[0], size_bytes - holder[0])
        await self._delete(beyond)

    async def shorten(self, token: str, start: int, size_bytes: int) -> None:
        """Shorten the segment that begins at `start`."""
        path = segment_path(token, start)
        if size_bytes <= self._part_bytes:
            await self._client.put(path, await self._client.get(path, 0, size_bytes) if size_bytes else b"")
            return
        await self.write(path, self.parts(self.pieces(path, 0, size_bytes), limit_bytes=size_bytes), self._part_bytes)

    async def write(self, path: str, parts: Parts, part_bytes: int, expected: Digest | None = None) -> None:
        """Store parts as one object, which is there when all of them are.

        Raises:
            BlobLost: they do not have the expected digest; nothing is stored then.
        """

        async def next_part() -> bytes | None:
            part = await parts.next()
            if part is None and expected not in {None, parts.digest}:
                raise BlobLost("the staged bytes have changed in the store")
            return part

        ahead = Ahead(next_part)
        try:
            await self._client.put_parts(path, ahead, part_bytes)
        finally:
            await ahead.close()

    async def join(self, token: str, size_bytes: int, target: str, expected: Digest | None = None) -> Digest:
        """Write all segments into one object, which may be the first of them; returns its digest.

        Raises:
            BlobLost: bytes are missing, or are not those expected; the target stays as it was.
        """
        part_bytes = max(self._part_bytes, -(-size_bytes // _MAX_PARTS))
        async with aclosing(self.content(token, size_bytes)) as pieces:
            parts = Parts(pieces, self._workers, part_bytes=part_bytes, limit_bytes=size_bytes)
            await self.write(target, parts, part_bytes, expected)
        return parts.digest

    async def hash(self, token: str, size_bytes: int) -> Digest:
        """The digest of all segments.

        Raises:
            BlobLost: bytes are missing.
        """
        total = hashlib.sha256()
        async with aclosing(self.content(token, size_bytes)) as pieces:
            async for piece in pieces:
                await self._workers.run(total.update, piece)
        return Digest(f"sha256:{total.hexdigest()}")

    async def content(self, token: str, size_bytes: int) -> AsyncGenerator[bytes, None]:
        """The first bytes of all segments in their order.

        Raises:
            BlobLost: there is a gap, or fewer bytes are there.
        """
        reached = 0
        async for start, status in self._segments(token, 0):
            if reached >= size_bytes:
                break
            if start != reached:
                raise BlobLost("a part of the upload is gone")
            reached = min(start + status.size_bytes, size_bytes)
            async with aclosing(self.pieces(status.path, 0, reached - start)) as pieces:
                async for piece in pieces:
                    yield piece
        if reached < size_bytes:
            raise BlobLost("the upload is shorter than recorded")

    async def pieces(self, path: str, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        """Bytes `start` to `stop` of an object, one request a piece, and one piece ahead.

        Raises:
            BlobLost: on the first or any later piece, when the object is missing or ends before `stop`.
        """
        position = start
        if start == stop:
            size_bytes = await self._client.size(path)
            if size_bytes is None or size_bytes < stop:
                raise BlobLost("a stored file is missing or shorter than recorded")

        async def next_piece() -> bytes | None:
            nonlocal position
            if position >= stop:
                return None
            first, position = position, min(position + PIECE_BYTES, stop)
            return await self._client.get(path, first, position, needed_bytes=stop)

        ahead = Ahead(next_piece)
        try:
            while (piece := await ahead.next()) is not None:
                yield piece
                del piece  # else it is held while the taker already has the next
        finally:
            await ahead.close()

    async def drop(self, token: str) -> None:
        """Delete all segments. Idempotent."""
        paths = [status.path async for _, status in self._segments(token, 0)]
        await self._delete(paths)

    async def drop_others(self, token: str) -> None:
        """Delete all segments but the first. Idempotent."""
        paths = [status.path async for start, status in self._segments(token, 0) if start]
        await self._delete(paths)

    async def tokens(self) -> AsyncIterator[tuple[str, float]]:
        """Every upload that has a segment, with the seconds since its last one was written."""
        token, age = "", 0.0
        async for status in self._client.list(STAGING):
            found = segment_at(status.path)
            if found is None:
                continue
            if token and found[0] != token:
                yield token, age
            age = min(age, age_seconds(status)) if found[0] == token else age_seconds(status)
            token = found[0]
        if token:
            yield token, age

    async def _segments(self, token: str, start: int) -> AsyncIterator[tuple[int, ObjectStatus]]:
        after = segment_path(token, start - 1) if start else None
        async for status in self._client.list(staging_folder(token), after):
            found = segment_at(status.path)
            if found is not None:
                yield found[1], status

    async def _delete(self, paths: list[str]) -> None:
        for first in range(0, len(paths), 1000):
            await self._client.delete(paths[first : first + 1000])
