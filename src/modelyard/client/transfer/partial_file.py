"""A large file that arrives in parts, from several threads, and perhaps over several processes."""

import hashlib
import os
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PART_BYTES: Final = 32 << 20
_ENTRY: Final = struct.Struct("<Q")
_PIECE_BYTES: Final = 1 << 20


class PartialFile:
    """The bytes of a file as far as they have come, and beside it how far each part is.

    What is noted was written before. A note costs eight bytes for each piece, so that a killed process has hardly
    anything to fetch again. It is hashed from front to back while it grows. Only one process at a time may have it.
    """

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path = path
        self.size_bytes = size_bytes
        self._notes_path = path.with_suffix(".parts")
        self._part_count = -(-size_bytes // PART_BYTES)
        self._bytes = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._notes = os.open(self._notes_path, os.O_RDWR | os.O_CREAT, 0o600)
        self._done = self._read_notes()
        self._hash = hashlib.sha256()
        self._hashed_bytes = 0
        self._hashing = threading.Lock()

    @property
    def done_bytes(self) -> int:
        """How many bytes have come."""
        return sum(self._done)

    def parts(self) -> Iterator[int]:
        """The parts that lack something, by their number."""
        for part in range(self._part_count):
            start, stop = self.missing_of(part)
            if start < stop:
                yield part

    def missing_of(self, part: int) -> tuple[int, int]:
        """The first byte that a part lacks, and the one after its last."""
        stop = min((part + 1) * PART_BYTES, self.size_bytes)
        return part * PART_BYTES + self._done[part], stop

    def write(self, part: int, piece: bytes) -> None:
        """Add to a part. Each part belongs to one thread."""
        start, _ = self.missing_of(part)
        view = memoryview(piece)
        while view:
            count = os.pwrite(self._bytes, view, start)
            view, start = view[count:], start + count
        self._done[part] += len(piece)
        os.pwrite(self._notes, _ENTRY.pack(self._done[part]), part * _ENTRY.size)

    def hash_ahead(self) -> None:
        """Hash what follows what was hashed, as far as it goes; at once another thread's if that is at it."""
        while self._hashing.acquire(blocking=False):
            try:
                begun = self._hashed_bytes
                self._hash_to(self._front())
            finally:
                self._hashing.release()
            if self._front() <= self._hashed_bytes or self._hashed_bytes == begun:
                return

    def digest(self) -> str:
        """The digest of a complete file: `sha256:…`."""
        with self._hashing:
            self._hash_to(self.size_bytes)
            return f"sha256:{self._hash.hexdigest()}"

    def start_over(self) -> None:
        """Forget all that came."""
        os.ftruncate(self._notes, 0)
        os.ftruncate(self._bytes, 0)
        self._done = [0] * self._part_count
        self._hash, self._hashed_bytes = hashlib.sha256(), 0

    def close(self, *, is_over: bool) -> None:
        """Let go of it; where it is over, nothing is left to go on with."""
        os.close(self._bytes)
        os.close(self._notes)
        if is_over:
            self.path.unlink(missing_ok=True)
            self._notes_path.unlink(missing_ok=True)

    def _front(self) -> int:
        """How far it is without a gap."""
        for part in range(self._hashed_bytes // PART_BYTES, self._part_count):
            start, stop = self.missing_of(part)
            if start < stop:
                return start
        return self.size_bytes

    def _hash_to(self, stop: int) -> None:
        buffer = memoryview(bytearray(_PIECE_BYTES))
        while self._hashed_bytes < stop:
            wanted = buffer[: min(_PIECE_BYTES, stop - self._hashed_bytes)]
            count = os.preadv(self._bytes, [wanted], self._hashed_bytes)
            if not count:
                raise EOFError(f"{self.path} was cut short")
            self._hash.update(wanted[:count])
            self._hashed_bytes += count

    def _read_notes(self) -> list[int]:
        """As far as they can be true: no further than the file goes."""
        found = os.pread(self._notes, self._part_count * _ENTRY.size, 0)
        size_bytes = os.fstat(self._bytes).st_size
        done = [0] * self._part_count
        for part in range(len(found) // _ENTRY.size):
            (count,) = _ENTRY.unpack_from(found, part * _ENTRY.size)
            start = part * PART_BYTES
            room = min(PART_BYTES, self.size_bytes - start)
            done[part] = count if count <= room and start + count <= size_bytes else 0
        return done
