"""Locks between processes, which the system lets go of when a process ends, however it does."""

import logging
import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

_POLL_SECONDS: Final = 0.05
_TELL_SECONDS: Final = 5.0
_KEPT: Final = 256

if sys.platform == "win32":
    import msvcrt
    import secrets

    _WHOLE: Final = 1 << 30

    def _try_lock(descriptor: int, *, is_shared: bool) -> bool:
        """Who shares takes any one byte; who wants all takes the whole stretch."""
        os.lseek(descriptor, secrets.randbelow(_WHOLE) if is_shared else 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1 if is_shared else _WHOLE)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int, *, is_shared: bool) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class FileLock:
    """A lock on a file that exists for it alone and is never removed: another one of its name would be another lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)

    def try_lock(self, *, is_shared: bool = False) -> bool:
        """Take it if nobody holds it; a shared lock and others like it go together. It replaces the one it had."""
        return _try_lock(self._descriptor, is_shared=is_shared)

    def lock(self, *, is_shared: bool = False) -> None:
        """Wait for it as long as it takes: whoever holds it is at work."""
        began_at, has_told = time.monotonic(), False
        while not self.try_lock(is_shared=is_shared):
            if not has_told and time.monotonic() - began_at > _TELL_SECONDS:
                logger.info("waiting for another process, which fetches the same")
                has_told = True
            time.sleep(_POLL_SECONDS)

    def close(self) -> None:
        """Let go of it. Idempotent."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the only one, among all threads and processes."""
    lock = FileLock(path)
    try:
        lock.lock()
        yield
    finally:
        lock.close()


class Uses:
    """What this process uses, until it ends: a path that was handed out may be read at any later time.

    At most 256 are remembered; the longest unused one is let go of then.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[Path, FileLock] = OrderedDict()
        self._mutex = threading.Lock()

    def hold(self, path: Path) -> bool:
        """Share the lock at this path from now on; False where this process did so already.

        Nobody holds it alone for long: whoever removes something.
        """
        with self._mutex:
            is_first = path not in self._held
            if is_first:
                lock = FileLock(path)
                lock.lock(is_shared=True)
                self._held[path] = lock
            self._held.move_to_end(path)
            if len(self._held) > _KEPT:
                self._held.popitem(last=False)[1].close()
            return is_first

    def release(self, path: Path) -> None:
        """Use it no more. Idempotent."""
        with self._mutex:
            if path in self._held:
                self._held.pop(path).close()

    def release_all(self) -> None:
        """Use nothing any more."""
        with self._mutex, suppress(KeyError):
            while True:
                self._held.popitem()[1].close()


USES: Final = Uses()
"""Those of this process: what one part of a program uses, no other part may take away."""
