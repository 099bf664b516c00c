"""Writing to a local disk so that a power cut loses nothing that was acknowledged."""

import ctypes
import errno
import fcntl
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700
_FEW = 16
"""So many files are synced one by one: to sync the file system is to wait for what others have written as well."""

IOV_MAX = 1024
"""Buffers that one `writev` takes on Linux."""

_EARLY_BYTES = 32 * 2**20
_SYNC_FILE_RANGE_WRITE = 2
_HINT_IS_UNKNOWN = frozenset({errno.ENOSYS, errno.EINVAL, errno.ESPIPE, errno.EOPNOTSUPP})

Buffer = bytes | memoryview
RangeSync = Callable[[int, int, int, int], int]


class DurableFile:
    """A file that is written from front to back, durable after `sync`. Belongs to one thread at a time."""

    def __init__(self, path: Path, flags: int) -> None:
        self._descriptor = os.open(path, flags | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
        self._position_bytes = 0
        self._early_bytes = 0

    @property
    def size_bytes(self) -> int:
        """The size on disk."""
        return os.fstat(self._descriptor).st_size

    @property
    def written_ns(self) -> int:
        """When it was last written to."""
        return os.fstat(self._descriptor).st_mtime_ns

    def is_alone(self) -> bool:
        """Whether nobody else who asks this has the file open, from now until it is closed."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def truncate(self, size_bytes: int) -> None:
        """Drop what lies beyond `size_bytes` and go on writing there."""
        os.ftruncate(self._descriptor, size_bytes)
        self._position_bytes = self._early_bytes = os.lseek(self._descriptor, size_bytes, os.SEEK_SET)

    def write(self, buffers: Sequence[bytes]) -> None:
        """Write all of the buffers, and let the disk begin with them once 32 MiB wait.

        Without that the kernel begins when 10 % of the memory is dirty, and `sync` waits for all of it at the end.
        """
        self._position_bytes += write_all(self._descriptor, buffers)
        if self._position_bytes - self._early_bytes >= _EARLY_BYTES:
            begin_writing_back(self._descriptor, self._early_bytes, self._position_bytes)
            self._early_bytes = self._position_bytes

    def read_into(self, buffer: bytearray, offset_bytes: int) -> int:
        """Fill the buffer from `offset_bytes`; returns how many bytes came, 0 at the end."""
        return os.preadv(self._descriptor, [buffer], offset_bytes)

    def sync(self) -> None:
        """Make everything durable. After a failure the file is to be dropped: a second try may lie."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the descriptor. Idempotent."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def write_all(descriptor: int, buffers: Sequence[bytes]) -> int:
    """Write every byte, however little the kernel takes at a time; returns how many there were.

    Raises:
        OSError: as the kernel says; EIO when it takes nothing at all.
    """
    waiting: list[Buffer] = [buffer for buffer in buffers if buffer]
    total_bytes = 0
    while waiting:
        written_bytes = os.writev(descriptor, waiting[:IOV_MAX])
        if not written_bytes:
            raise OSError(errno.EIO, "nothing was written")
        total_bytes += written_bytes
        waiting = _after(waiting, written_bytes)
    return total_bytes


def _after(buffers: list[Buffer], written_bytes: int) -> list[Buffer]:
    for index, buffer in enumerate(buffers):
        if written_bytes < len(buffer):
            return [memoryview(buffer)[written_bytes:], *buffers[index + 1 :]]
        written_bytes -= len(buffer)
    return []


def begin_writing_back(descriptor: int, start: int, stop: int) -> None:
    """Ask the kernel to begin writing a range, without waiting for it. Not durable; nothing where it is unknown.

    Raises:
        OSError: the kernel could not even begin, which not every file system tells `fsync` again.
    """
    sync_file_range = _range_sync()
    if sync_file_range is None or sync_file_range(descriptor, start, stop - start, _SYNC_FILE_RANGE_WRITE) == 0:
        return
    number = ctypes.get_errno()
    if number not in _HINT_IS_UNKNOWN:
        raise OSError(number, os.strerror(number))


@cache
def _range_sync() -> RangeSync | None:
    # posix_fadvise(DONTNEED) begins writing back too, without ctypes, but drops from memory what `seal` reads next.
    if sys.platform != "linux":
        return None
    prototype = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint, use_errno=True
    )
    try:
        return prototype(("sync_file_range", ctypes.CDLL(None, use_errno=True)))
    except AttributeError:
        return None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: what was linked, made or removed there."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(paths: Sequence[Path], file_system: Path) -> None:
    """Make files, or the names in folders, durable that were written and closed; all lie in one file system.

    Many of them are one wait for the disk where the kernel can sync a whole file system and tells of what failed (Linux
    5.8 and later): 2,000 files of 20 KiB take 0.1 s so, and 5 s one by one.

    Raises:
        OSError: not all of it is durable. A second try may lie.
    """
    sync_file_system = _file_system_sync()
    if len(paths) <= _FEW or sync_file_system is None:
        for path in paths:
            _sync_path(path)
        return
    descriptor = os.open(file_system, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if sync_file_system(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)


def _sync_path(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@cache
def _file_system_sync() -> Callable[[int], int] | None:
    if sys.platform != "linux" or _kernel() < (5, 8):
        return None
    try:
        return ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, use_errno=True)(
            ("syncfs", ctypes.CDLL(None, use_errno=True))
        )
    except AttributeError:
        return None


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"[0-9]+", os.uname().release)[:2])


def make_folders(folder: Path) -> None:
    """Make a folder and those above it that are missing, each durably in its parent. Idempotent."""
    if folder.is_dir():
        return
    make_folders(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    sync_folder(folder.parent)


def put_in_place(staged: Path, target: Path) -> None:
    """Give a durable file its final name, durably, and take its old name away; a target that is there stays.

    When the folder can't be made durable, both names go: the upload is dropped.

    Raises:
        FileNotFoundError: neither the staged file nor the target is there.
    """
    is_ours = _linked(staged, target)
    try:
        # Also when the target was there: the one who linked it may not have come to this line.
        sync_folder(target.parent)
    except OSError:
        for path in (target, staged) if is_ours else (staged,):
            with suppress(OSError):
                path.unlink()
        raise
    staged.unlink(missing_ok=True)


def put_all_in_place(places: Sequence[tuple[Path, Path]], file_system: Path) -> None:
    """Do for many files, each with its target, what `put_in_place` does for one. When it fails, all names go.

    Raises:
        FileNotFoundError: of one of them neither the staged file nor the target is there.
    """
    ours = []
    try:
        for staged, target in places:
            if _linked(staged, target):
                ours.append(target)  # one by one: those before a failure are to be known
        sync_all(sorted({target.parent for _, target in places}), file_system)
    except OSError:
        for path in (*ours, *(staged for staged, _ in places)):
            with suppress(OSError):
                path.unlink()
        raise
    for staged, _ in places:
        staged.unlink(missing_ok=True)


def _linked(staged: Path, target: Path) -> bool:
    try:
        os.link(staged, target)
    except FileExistsError:
        return False
    except FileNotFoundError:
        if target.exists():
            return False
        raise
    return True


def try_out(probe: Path, second_name: Path) -> None:
    """Write, sync, link and read a tiny file, and leave nothing of it.

    Raises:
        OSError: one of these does not work, or gives other bytes back.
    """
    content = os.urandom(16)
    descriptor = os.open(probe, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        write_all(descriptor, [content])
        os.fsync(descriptor)
        os.link(probe, second_name)
        if second_name.read_bytes() != content:
            raise OSError(errno.EIO, "the probe came back changed")
    finally:
        os.close(descriptor)
        second_name.unlink(missing_ok=True)
        probe.unlink(missing_ok=True)
