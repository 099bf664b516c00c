"""All files of a version as one archive, made while it is sent."""

import asyncio
import tarfile
import zipfile
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import datetime
from itertools import islice

from modelyard.application.ports.blob_store import BlobStore
from modelyard.application.ports.versions import StoredFile
from modelyard.application.queries.files import require_sound
from modelyard.application.services.proving import proved
from modelyard.presentation.http.attachment import Sink

_EARLIEST_ZIP_YEAR = 1980
_SMALL_BYTES = 256 * 1024
_AHEAD = 16


async def require_stored(files: Sequence[StoredFile], store: BlobStore) -> None:
    """See before an archive begins that none of its files is missing, cut short or held back.

    Later it can only break off.

    Raises:
        BlobLost, StorageUnavailable: the store cannot give the last byte of a file.
    """
    for stored in files:
        require_sound(stored)
    for start in range(0, len(files), _AHEAD):
        reads = (_read_last_byte(stored, store) for stored in files[start : start + _AHEAD])
        for failure in await asyncio.gather(*reads, return_exceptions=True):
            if failure is not None:
                raise failure


async def _read_last_byte(stored: StoredFile, store: BlobStore) -> None:
    size_bytes = stored.file.size_bytes
    if size_bytes:
        async for _ in store.read(stored.key, size_bytes - 1, size_bytes):
            pass


Reader = Callable[[StoredFile], AsyncGenerator[bytes, None]]
"""Gives all bytes of a file that has any."""


def reader_of(store: BlobStore, *, is_proving: bool) -> Reader:
    """Reads files of a store; with `is_proving` an archive breaks off before the end of a damaged one."""
    if is_proving:
        return lambda stored: proved(store, stored.key, stored.file.size_bytes)
    return lambda stored: store.read(stored.key, 0, stored.file.size_bytes)


async def tar_of(files: Sequence[StoredFile], read: Reader, at: datetime) -> AsyncIterator[bytes]:
    """A tar archive (PAX, for long and non-ASCII names) of files that are stored as they are."""
    async for stored, content in _with_small_ones(files, read):
        info = tarfile.TarInfo(stored.file.path)
        info.size = stored.file.size_bytes
        info.mtime = int(at.timestamp())
        info.mode = 0o644
        header = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
        if content is not None:
            yield b"".join((header, content, b"\0" * (-info.size % tarfile.BLOCKSIZE)))
            continue
        yield header
        if info.size:
            async with aclosing(read(stored)) as pieces:
                async for piece in pieces:
                    yield piece
        yield b"\0" * (-info.size % tarfile.BLOCKSIZE)
    yield b"\0" * tarfile.BLOCKSIZE * 2


async def _with_small_ones(files: Sequence[StoredFile], read: Reader) -> AsyncIterator[tuple[StoredFile, bytes | None]]:
    """Each file, with its bytes if they are few: some are read at a time, since each read waits for a thread."""
    waiting: deque[tuple[StoredFile, asyncio.Task[bytes] | None]] = deque()
    source = iter(files)
    try:
        while True:
            for stored in islice(source, _AHEAD - len(waiting)):
                is_small = 0 < stored.file.size_bytes <= _SMALL_BYTES
                waiting.append((stored, asyncio.create_task(_whole(read, stored)) if is_small else None))
            if not waiting:
                return
            stored, reading = waiting.popleft()
            yield stored, None if reading is None else await reading
    finally:
        left = [reading for _, reading in waiting if reading is not None]
        for reading in left:
            reading.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _whole(read: Reader, stored: StoredFile) -> bytes:
    async with aclosing(read(stored)) as pieces:
        return b"".join([piece async for piece in pieces])


async def zip_of(files: Sequence[StoredFile], read: Reader, at: datetime) -> AsyncIterator[bytes]:
    """A zip archive (ZIP64 where needed) of files that are stored uncompressed: models hardly shrink."""
    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for stored in files:
            info = zipfile.ZipInfo(stored.file.path, _zip_time(at))
            info.external_attr = 0o644 << 16
            info.file_size = stored.file.size_bytes
            with archive.open(info, "w", force_zip64=info.file_size >= zipfile.ZIP64_LIMIT) as entry:
                if info.file_size:
                    async with aclosing(read(stored)) as pieces:
                        async for piece in pieces:
                            await asyncio.to_thread(entry.write, piece)
                            yield sink.taken()
            yield sink.taken()
    yield sink.taken()


def _zip_time(at: datetime) -> tuple[int, int, int, int, int, int]:
    return (max(at.year, _EARLIEST_ZIP_YEAR), at.month, at.day, at.hour, at.minute, at.second)
