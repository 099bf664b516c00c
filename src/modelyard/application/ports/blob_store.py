"""Where the bytes of files live."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from modelyard.domain.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobKey:
    """The physical place of a blob: its digest and a generation.

    A generation is used once: bytes that were deleted and uploaded again get another key, so that a collector that
    deletes the old one can never hit the new one.
    """

    digest: Digest
    generation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedBlob:
    """Bytes that are complete, hashed and durable, but not yet at their place; `token` names them in the store."""

    token: str
    digest: Digest
    size_bytes: int


class BlobStore(Protocol):
    """Content-addressed bytes. Every method may raise `StorageFull` or `StorageUnavailable`."""

    async def open(self) -> None:
        """Prepare the store (folders, clients). Idempotent. Raises when it can't be written to."""

    async def close(self) -> None:
        """Let go of threads and connections; staged bytes stay."""

    async def check(self) -> None:
        """Return when a write and a read would work now; raise otherwise."""

    async def stage(self, pieces: AsyncIterable[bytes], *, limit_bytes: int) -> StagedBlob:
        """Store a whole stream, hashing as it passes. Durable when it returns.

        When `pieces` raises, or the task is cancelled, nothing stays behind.

        Raises:
            TooLarge: more than `limit_bytes` came; nothing stays behind.
        """

    async def stage_all(self, contents: AsyncIterable[bytes]) -> Sequence[StagedBlob]:
        """Store many small files, each given whole, in their order; all of them are durable when it returns.

        It costs about one wait for the disk, not one for each. When `contents` raises, the task is cancelled, or one
        file cannot be stored, nothing stays behind of any.
        """

    async def append(self, token: str, offset_bytes: int, pieces: AsyncIterable[bytes], *, limit_bytes: int) -> int:
        """Add to an upload at `offset_bytes`; what lies beyond it (from a broken attempt) is dropped first.

        `token` is the caller's (letters, digits, `-` and `_`); the first append creates the place. Returns the new
        length, all of it durable. When `pieces` raises, the bytes beyond `offset_bytes` are of no account.

        Raises:
            TooLarge: the whole would exceed `limit_bytes`; bytes beyond `offset_bytes` are of no account.
            BlobLost: fewer than `offset_bytes` bytes are there.
            UploadBusy: another request still writes to it (where the store can tell).
        """

    async def seal(self, token: str, size_bytes: int) -> StagedBlob:
        """Hash an appended upload of `size_bytes` bytes and make it ready to publish. It can be repeated.

        Raises:
            BlobLost: the place does not hold that many bytes.
        """

    async def publish(self, staged: StagedBlob, key: BlobKey) -> None:
        """Put staged bytes at their key; durable when it returns. Never overwrites: a key that is there stays as it is.

        The staged bytes are gone afterwards.
        """

    async def publish_all(self, blobs: Sequence[tuple[StagedBlob, BlobKey]]) -> None:
        """Do for many what `publish` does for one; all of them are durable when it returns.

        When it raises, some may be at their keys; the staged bytes of all are gone, or found by who lists them.

        Raises:
            BlobLost: of one of them neither the staged bytes nor the key are there.
        """

    async def discard(self, token: str) -> None:
        """Drop staged or appended bytes. Idempotent."""

    def read(self, key: BlobKey, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        """Bytes `start` (included) to `stop` (excluded), in pieces, read ahead by at most one piece.

        Who stops early closes it (`aclosing`), and lets go of the file.

        Raises:
            BlobLost: on the first or any later piece, when the file is missing or ends before `stop`.
        """

    async def delete(self, key: BlobKey) -> None:
        """Delete exactly this key; durable when it returns. Idempotent."""

    async def signed_url(self, key: BlobKey, ttl_seconds: int) -> str | None:
        """An address from which anyone who has it can fetch the bytes for so long; None from a store without any."""

    def stored(self) -> AsyncIterator[tuple[BlobKey, int]]:
        """Every published key with its size in bytes, in no order; keys published meanwhile may be missing."""

    def staged(self) -> AsyncIterator[tuple[str, float]]:
        """Every token of staged or appended bytes, with the seconds since it was last written."""
