"""All files of a version as one archive, made while it is sent."""

import asyncio
import tarfile
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import datetime

from modelyard.application.ports.blob_store import BlobStore
from modelyard.application.ports.versions import StoredFile
from modelyard.application.queries.files import require_sound
from modelyard.application.services.proving import proved
from modelyard.presentation.http.attachment import Sink

_EARLIEST_ZIP_YEAR = 1980


async def require_stored(files: Sequence[StoredFile], store: BlobStore) -> None:
    """See before an archive begins that none of its files is missing, cut short or held back.

    Later it can only break off.

    Raises:
        BlobLost, StorageUnavailable: the store cannot give the last byte of a file.
    """
    for stored in files:
        require_sound(stored)
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
    for stored in files:
        info = tarfile.TarInfo(stored.file.path)
        info.size = stored.file.size_bytes
        info.mtime = int(at.timestamp())
        info.mode = 0o644
        yield info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
        if info.size:
            async with aclosing(read(stored)) as pieces:
                async for piece in pieces:
                    yield piece
        yield b"\0" * (-info.size % tarfile.BLOCKSIZE)
    yield b"\0" * tarfile.BLOCKSIZE * 2


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
