"""The way in for files that come request by request: each is hashed as it grows, and ready when it ends."""

import hashlib
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.domain.digest import Digest
from modelyard.domain.errors import BlobLost, UploadBusy
from modelyard.infrastructure.blobs.durable import DurableFile, sync_folder
from modelyard.infrastructure.blobs.running_hashes import Place, RunningHashes

if TYPE_CHECKING:  # a type that exists only for type checkers
    from hashlib import _Hash

_BUFFER_BYTES = 2**20
_PORTION_BYTES = 64 * 2**20


class AppendedFile:
    """A file that grows by one request; hashed as it grows, if the hash of all that was there before is known."""

    def __init__(self, path: Path, offset_bytes: int, hashes: RunningHashes) -> None:
        self._path = path
        self._offset_bytes = offset_bytes
        self._hashes = hashes
        self._hash: _Hash | None = None
        self._file: DurableFile | None = None

    def write(self, batch: Sequence[bytes]) -> None:
        """Write at the offset; the first write drops what lies beyond it.

        Raises:
            BlobLost: the file is shorter than the offset.
            UploadBusy: another request still writes to it.
        """
        self._opened().write(batch)
        if self._hash is not None:
            for piece in batch:
                self._hash.update(piece)

    def finish(self, batch: Sequence[bytes]) -> None:
        """The bytes and the name are durable. When that fails, the whole upload goes, not only this part."""
        self.write(batch)
        file = self._opened()
        with _dropped_on_failure(self._path):
            file.sync()
            if self._offset_bytes == 0:
                sync_folder(self._path.parent)
        self._hashes.keep(self._path.name, Place(file.size_bytes, file.written_ns), self._hash)
        file.close()

    def abandon(self) -> None:
        """Close, and give the space of this part back."""
        if self._file is not None:
            with suppress(OSError):
                self._file.truncate(self._offset_bytes)
            with suppress(OSError):
                self._file.close()

    def _opened(self) -> DurableFile:
        if self._file is None:
            flags = os.O_CREAT if self._offset_bytes == 0 else 0
            self._file, self._hash = _opened_upload(self._path, self._offset_bytes, flags, self._hashes)
        return self._file


class SealedFile:
    """An appended file that is whole: hashed as it came, or else read back and hashed now.

    That is done in portions, so that a cancellation waits for one of them only.
    """

    def __init__(self, path: Path, size_bytes: int, hashes: RunningHashes) -> None:
        self._path = path
        self._size_bytes = size_bytes
        self._done_bytes = 0
        self._hashes = hashes
        self._hash: _Hash | None = None
        self._file: DurableFile | None = None
        self._buffer = bytearray(min(_BUFFER_BYTES, max(size_bytes, 1)))

    @property
    def digest(self) -> Digest:
        """The digest of what was read so far."""
        return Digest(f"sha256:{(self._hash or hashlib.sha256()).hexdigest()}")

    def advance(self) -> bool:
        """Read up to 64 MiB; returns whether the end is reached. The first call drops what lies beyond the size.

        Raises:
            BlobLost: the file is missing, or shorter than the size.
            UploadBusy: another request still writes to it.
        """
        if self._file is None:
            self._file, self._hash = _opened_upload(self._path, self._size_bytes, 0, self._hashes)
            with _dropped_on_failure(self._path):
                self._file.sync()
            if self._hash is not None and self._size_bytes:
                self._done_bytes = self._size_bytes
        digest = self._hash = self._hash or hashlib.sha256()
        portion_stop = min(self._done_bytes + _PORTION_BYTES, self._size_bytes)
        while self._done_bytes < portion_stop:
            read_bytes = self._file.read_into(self._buffer, self._done_bytes)
            if not read_bytes:
                raise BlobLost("the upload is shorter than recorded")
            digest.update(memoryview(self._buffer)[:read_bytes])
            self._done_bytes += read_bytes
        return self._done_bytes == self._size_bytes

    def close(self) -> None:
        """Let go of the descriptor. Idempotent."""
        if self._file is not None:
            self._file.close()


def _opened_upload(
    path: Path, size_bytes: int, flags: int, hashes: RunningHashes
) -> "tuple[DurableFile, _Hash | None]":
    """Open an appended file alone and cut it to `size_bytes`; with the hash of these bytes, where it is known.

    Raises:
        BlobLost: it is missing, or shorter.
        UploadBusy: somebody has it open: one whose claim ran out while its bytes trickled in.
    """
    try:
        file = DurableFile(path, flags)
    except FileNotFoundError as error:
        if not path.parent.is_dir():
            raise
        raise BlobLost("the bytes of the upload are gone") from error
    try:
        if not file.is_alone():
            raise UploadBusy("another request still writes to the upload", hint="Wait until it ends.")
        if file.size_bytes < size_bytes:
            raise BlobLost("the upload is shorter than recorded")
        place = Place(size_bytes, file.written_ns) if file.size_bytes == size_bytes or not size_bytes else None
        file.truncate(size_bytes)
    except BaseException:
        file.close()
        raise
    return file, hashes.at(path.name, place) if place is not None else None


@contextmanager
def _dropped_on_failure(path: Path) -> Generator[None, None, None]:
    # After a failed fsync nobody knows which of the bytes are on the disk, and a second one may say that all are.
    try:
        yield
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
