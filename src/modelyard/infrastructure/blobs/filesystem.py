"""Blobs as files of a local disk."""

import os
import secrets
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Sequence
from contextlib import suppress
from pathlib import Path

from modelyard.application.ports.blob_store import BlobKey, StagedBlob
from modelyard.domain.errors import BlobLost
from modelyard.infrastructure.blobs.batch_intake import StagedFiles
from modelyard.infrastructure.blobs.durable import (
    FOLDER_MODE,
    make_folders,
    put_all_in_place,
    put_in_place,
    sync_folder,
    try_out,
)
from modelyard.infrastructure.blobs.growing import AppendedFile, SealedFile
from modelyard.infrastructure.blobs.intake import StagedFile, keep_freed_memory, pour
from modelyard.infrastructure.blobs.keys import checked_token, file_name, is_token, key_named
from modelyard.infrastructure.blobs.outflow import pieces_of
from modelyard.infrastructure.blobs.running_hashes import RunningHashes
from modelyard.infrastructure.blobs.workers import Workers

_WRITING_THREADS = 8
_READING_THREADS = 4


class FilesystemBlobStore:
    """Implements `BlobStore` below one folder: `sha256/<2 digits>/<64 digits>.<generation>` and `staging/<token>`.

    The folder must be one file system with hard links, and belong to this store alone. All 256 shards exist from the
    first `open` on, so that a publish makes one name in one folder durable and no more. With `is_read_only` it may lie
    where nothing can be written: `open` makes nothing, and everything but reading fails.
    """

    def __init__(self, root: Path, *, is_read_only: bool = False) -> None:
        self._is_read_only = is_read_only
        self._blobs = root / "sha256"
        self._staging = root / "staging"
        self._hashes = RunningHashes()
        # Apart, because a dozen uploads that wait in fsync let a read of 20 KiB wait 1.3 s (p99; 25 ms so).
        self._writers = Workers("blob-writes", _WRITING_THREADS)
        self._readers = Workers("blob-reads", _READING_THREADS)

    async def open(self) -> None:
        """Make the folders durable, and see that files can be written, linked and read.

        Raises:
            StorageFull: there is no space for them.
            StorageUnavailable: the folder cannot be written to, or its file system has no hard links.
        """
        if self._writers.is_running:
            return
        keep_freed_memory()
        self._writers.start()
        self._readers.start()
        if self._is_read_only:
            return
        try:
            await self._writers.run(self._make_folders)
            await self.check()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End what runs, then the threads."""
        await self._writers.stop()
        self._hashes.clear()
        await self._readers.stop()

    async def check(self) -> None:
        """Write, sync, link and read a probe of 16 bytes."""
        token = secrets.token_hex(16)
        await self._writers.run(try_out, self._staging / token, self._blobs / f"probe-{token}")

    async def stage(self, pieces: AsyncIterable[bytes], *, limit_bytes: int) -> StagedBlob:
        """Hash and write in one pass. The token's name is durable only once published: no one else knows it yet."""
        token = secrets.token_hex(16)
        file = StagedFile(self._staging / token)
        size_bytes = await pour(pieces, file, self._writers, limit_bytes=limit_bytes)
        return StagedBlob(token=token, digest=file.digest, size_bytes=size_bytes)

    async def stage_all(self, contents: AsyncIterable[bytes]) -> Sequence[StagedBlob]:
        """About 1 MiB of files is hashed and written in one call in a thread; then all are synced at once."""
        files = StagedFiles(self._staging)
        await pour(contents, files, self._writers, limit_bytes=sys.maxsize)
        return files.blobs

    async def append(self, token: str, offset_bytes: int, pieces: AsyncIterable[bytes], *, limit_bytes: int) -> int:
        """Write at the offset. When the disk fails to make it durable, the whole upload is dropped, not a part."""
        file = AppendedFile(self._staging / checked_token(token), offset_bytes, self._hashes)
        return await pour(pieces, file, self._writers, offset_bytes=offset_bytes, limit_bytes=limit_bytes)

    async def seal(self, token: str, size_bytes: int) -> StagedBlob:
        """Hash what was appended, unless it was hashed as it came; bytes beyond `size_bytes` are dropped."""
        file = SealedFile(self._staging / checked_token(token), size_bytes, self._hashes)
        try:
            while not await self._writers.run(file.advance):
                pass
        finally:
            file.close()
        return StagedBlob(token=token, digest=file.digest, size_bytes=size_bytes)

    async def publish(self, staged: StagedBlob, key: BlobKey) -> None:
        """Link the staged file to its key; it can be repeated.

        Raises:
            BlobLost: neither the staged bytes nor the key are there.
        """
        await self._writers.run(_publish, self._staging / checked_token(staged.token), self._path(key))

    async def publish_all(self, blobs: Sequence[tuple[StagedBlob, BlobKey]]) -> None:
        """Link all of them, then sync their folders at once."""
        places = [(self._staging / checked_token(staged.token), self._path(key)) for staged, key in blobs]
        await self._writers.run(_publish_all, places, self._blobs)

    async def discard(self, token: str) -> None:
        """Unlink. Not durable: what a power cut brings back, the collector finds."""
        await self._writers.run((self._staging / checked_token(token)).unlink, missing_ok=True)

    def read(self, key: BlobKey, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        """Pieces of 2 MiB."""
        return pieces_of(self._path(key), start, stop, self._readers)

    async def delete(self, key: BlobKey) -> None:
        """Unlink, and sync the shard even when nothing was there: an earlier try may have come only halfway."""
        await self._writers.run(_delete, self._path(key))

    async def signed_url(self, key: BlobKey, ttl_seconds: int) -> str | None:  # noqa: ARG002  # the port's signature
        """Files of this disk have no address of their own."""
        return None

    def stored(self) -> AsyncIterator[tuple[BlobKey, int]]:
        """Shard by shard; files that the store did not name are passed over."""
        return self._writers.walk(self._walk_stored())

    def staged(self) -> AsyncIterator[tuple[str, float]]:
        """By the time of last change on the disk's clock; never below 0."""
        return self._writers.walk(self._walk_staged())

    def _path(self, key: BlobKey) -> Path:
        name = file_name(key)
        return self._blobs / name[:2] / name

    def _make_folders(self) -> None:
        make_folders(self._staging)
        make_folders(self._blobs)
        for shard in range(256):
            with suppress(FileExistsError):
                (self._blobs / f"{shard:02x}").mkdir(mode=FOLDER_MODE)
        # A store that died between these lines finds its folders there the next time, but perhaps not durable.
        sync_folder(self._blobs)
        sync_folder(self._blobs.parent)

    def _walk_stored(self) -> Generator[tuple[BlobKey, int], None, None]:
        for shard in range(256):
            for name, status in _files_in(self._blobs / f"{shard:02x}"):
                key = key_named(name)
                if key is not None:
                    yield key, status.st_size

    def _walk_staged(self) -> Generator[tuple[str, float], None, None]:
        for name, status in _files_in(self._staging):
            if is_token(name):
                yield name, max(0.0, time.time() - status.st_mtime)


def _files_in(folder: Path) -> Generator[tuple[str, os.stat_result], None, None]:
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # unlinked since it was listed
                yield entry.name, entry.stat(follow_symlinks=False)


def _publish(staged: Path, target: Path) -> None:
    try:
        put_in_place(staged, target)
    except FileNotFoundError as error:
        if staged.exists() or not target.parent.is_dir():
            raise
        raise BlobLost("the staged bytes are gone") from error


def _publish_all(places: Sequence[tuple[Path, Path]], blobs: Path) -> None:
    try:
        put_all_in_place(places, blobs)
    except FileNotFoundError as error:
        if not blobs.is_dir() or not all(target.parent.is_dir() for _, target in places):
            raise
        raise BlobLost("the staged bytes of a file are gone") from error


def _delete(path: Path) -> None:
    path.unlink(missing_ok=True)
    sync_folder(path.parent)
