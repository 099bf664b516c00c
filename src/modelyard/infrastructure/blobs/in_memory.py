"""Blobs in memory: for tests, and for a registry that is tried out."""

import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass, field

from modelyard.application.ports.blob_store import BlobKey, StagedBlob
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import BlobLost, TooLarge
from modelyard.infrastructure.blobs.keys import checked_key, checked_token

_PIECE_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Staged:
    content: bytes
    written_at: float = field(default_factory=time.monotonic)


class InMemoryBlobStore:
    """Implements `BlobStore` in one process. "Durable" ends with it; all the rest is as with a disk."""

    def __init__(self) -> None:
        self._blobs: dict[BlobKey, bytes] = {}
        self._staged: dict[str, _Staged] = {}

    async def open(self) -> None:
        """Nothing to prepare."""

    async def close(self) -> None:
        """Nothing to let go of; what is stored stays, so that a test can open it again."""

    async def check(self) -> None:
        """Memory always answers."""

    async def stage(self, pieces: AsyncIterable[bytes], *, limit_bytes: int) -> StagedBlob:
        """Kept only when the stream has ended well."""
        content = await _gathered(b"", pieces, limit_bytes)
        token = secrets.token_hex(16)
        self._staged[token] = _Staged(content=content)
        return StagedBlob(token=token, digest=digest_of(content), size_bytes=len(content))

    async def stage_all(self, contents: AsyncIterable[bytes]) -> Sequence[StagedBlob]:
        """Kept only when all have come."""
        taken = [content async for content in contents]
        blobs = [
            StagedBlob(token=secrets.token_hex(16), digest=digest_of(content), size_bytes=len(content))
            for content in taken
        ]
        self._staged |= {blob.token: _Staged(content=content) for blob, content in zip(blobs, taken, strict=True)}
        return blobs

    async def append(self, token: str, offset_bytes: int, pieces: AsyncIterable[bytes], *, limit_bytes: int) -> int:
        """Kept only when the stream has ended well."""
        checked_token(token)
        _check_limit(offset_bytes, limit_bytes)
        kept = self._kept(token, offset_bytes) if offset_bytes else b""
        content = await _gathered(kept, pieces, limit_bytes)
        self._staged[token] = _Staged(content=content)
        return len(content)

    async def seal(self, token: str, size_bytes: int) -> StagedBlob:
        """Drops what lies beyond `size_bytes`."""
        content = self._kept(token, size_bytes)
        self._staged[token] = _Staged(content=content)
        return StagedBlob(token=token, digest=digest_of(content), size_bytes=size_bytes)

    async def publish(self, staged: StagedBlob, key: BlobKey) -> None:
        """It can be repeated.

        Raises:
            BlobLost: neither the staged bytes nor the key are there.
        """
        upload = self._staged.pop(checked_token(staged.token), None)
        if checked_key(key) in self._blobs:
            return
        if upload is None:
            raise BlobLost("the staged bytes are gone")
        self._blobs[key] = upload.content

    async def publish_all(self, blobs: Sequence[tuple[StagedBlob, BlobKey]]) -> None:
        """One after the other."""
        for staged, key in blobs:
            await self.publish(staged, key)

    async def discard(self, token: str) -> None:
        """Forget the bytes."""
        self._staged.pop(checked_token(token), None)

    async def read(self, key: BlobKey, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        """Pieces of 1 MiB."""
        content = self._blobs.get(checked_key(key))
        if content is None:
            raise BlobLost("a stored file is missing")
        if len(content) < stop:
            raise BlobLost("a stored file is shorter than recorded")
        for piece_start in range(start, stop, _PIECE_BYTES):
            yield content[piece_start : min(piece_start + _PIECE_BYTES, stop)]

    async def delete(self, key: BlobKey) -> None:
        """Forget exactly this key."""
        self._blobs.pop(checked_key(key), None)

    async def signed_url(self, key: BlobKey, ttl_seconds: int) -> str | None:  # noqa: ARG002  # the port's signature
        """Memory has no address of its own."""
        return None

    async def stored(self) -> AsyncIterator[tuple[BlobKey, int]]:
        """As of the first step."""
        for key, content in list(self._blobs.items()):
            yield key, len(content)

    async def staged(self) -> AsyncIterator[tuple[str, float]]:
        """As of the first step."""
        for token, upload in list(self._staged.items()):
            yield token, time.monotonic() - upload.written_at

    def _kept(self, token: str, size_bytes: int) -> bytes:
        upload = self._staged.get(checked_token(token))
        if upload is None:
            raise BlobLost("the bytes of the upload are gone")
        if len(upload.content) < size_bytes:
            raise BlobLost("the upload is shorter than recorded")
        return upload.content[:size_bytes]


async def _gathered(kept: bytes, pieces: AsyncIterable[bytes], limit_bytes: int) -> bytes:
    content = bytearray(kept)
    async for piece in pieces:
        content += piece
        _check_limit(len(content), limit_bytes)
    return bytes(content)


def _check_limit(size_bytes: int, limit_bytes: int) -> None:
    if size_bytes > limit_bytes:
        raise TooLarge(f"more than {limit_bytes} bytes came", details={"limit_bytes": limit_bytes})
