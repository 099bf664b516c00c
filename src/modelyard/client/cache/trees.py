"""Folders of versions, made of links to contents: each is there whole, or not at all."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelyard.client.cache.contents import Contents, is_sealed
from modelyard.client.cache.locks import USES, FileLock, locked
from modelyard.client.cache.paths import folders_of
from modelyard.client.records import File

_READ_ONLY_FOLDER: Final = 0o555

Fetch = Callable[[Sequence[File], Callable[[File], None]], None]
"""Brings the contents of some files into the cache, and tells of each as soon as it is there."""


def tree_key(files: Sequence[File]) -> str:
    """A name that follows from paths, digests and sizes alone.

    It is not the digest that the registry gives the version: one that lies about it could put its files into the place
    of another registry's.
    """
    listed = sorted((file.path, file.digest, file.size_bytes) for file in files)
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Trees:
    """`versions/<key>/` below the folder of a cache, each with a lock and a list of its files beside it."""

    folder: Path
    contents: Contents

    def path(self, key: str) -> Path:
        """Where the folder is, if it is there."""
        return self.folder / "versions" / key

    def make(self, files: Sequence[File], fetch: Fetch) -> Path:
        """The folder with these files, now in use by this process; `fetch` brings what the cache does not have.

        Of several processes that want the same one makes it, and the others wait.
        """
        key = tree_key(files)
        path, lock = self.path(key), self.lock_path(key)
        is_first = USES.hold(lock)  # from here on nobody removes it, nor what is made of it
        try:
            if not _unsealed(path, files):
                self._touch(key)
                return path
            with locked(self.folder / "locks" / f"{key}.making"):
                if path.is_dir():
                    self._mend(path, files, fetch)
                else:
                    self._build(key, files, fetch)
            self._touch(key)
        except BaseException:
            if is_first:
                USES.release(lock)
            raise
        return path

    def all(self) -> Iterator[str]:
        """All folders that are there."""
        with suppress(FileNotFoundError):
            for entry in os.scandir(self.folder / "versions"):
                if entry.is_dir(follow_symlinks=False) and "." not in entry.name:
                    yield entry.name

    def files_of(self, key: str) -> list[File]:
        """The files that a folder was made of; none where the list is gone or broken."""
        try:
            listed = json.loads(self._list_path(key).read_text(encoding="utf-8"))
            return [File(path=path, digest=digest, size_bytes=size) for path, digest, size in listed]
        except (OSError, ValueError, TypeError):
            return []

    def used_at(self, key: str) -> float:
        """When it was last handed out, in seconds since 1970."""
        try:
            return self._list_path(key).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def is_in_use(self, key: str) -> bool:
        """Whether a process that still runs was given this folder, or makes it."""
        lock = FileLock(self.lock_path(key))
        try:
            return not lock.try_lock()
        finally:
            lock.close()

    def remove(self, key: str) -> bool:
        """Remove a folder, and what a killed process left of it; False where somebody uses it."""
        lock = FileLock(self.lock_path(key))
        try:
            if not lock.try_lock():
                return False
            self._clear(key)
            return True
        finally:
            lock.close()

    def leftovers(self) -> Iterator[str]:
        """Keys of folders that are being made, or were when their process was killed."""
        with suppress(FileNotFoundError):
            for entry in os.scandir(self.folder / "versions"):
                if entry.name.endswith(".tmp"):
                    yield entry.name.removesuffix(".tmp")

    def lock_path(self, key: str) -> Path:
        """Where the lock is that users share and makers hold alone."""
        return self.folder / "locks" / f"{key}.lock"

    def _build(self, key: str, files: Sequence[File], fetch: Fetch) -> None:
        self._clear(key)
        draft = self.path(f"{key}.tmp")
        draft.mkdir(parents=True)
        folders = folders_of(file.path for file in files)
        for folder in folders:
            (draft / folder).mkdir()
        self._fill(draft, files, fetch)
        for folder in (*folders, "."):
            (draft / folder).chmod(_READ_ONLY_FOLDER)
        listed = [(file.path, file.digest, file.size_bytes) for file in files]
        self._list_path(key).write_text(json.dumps(listed), encoding="utf-8")
        draft.replace(self.path(key))

    def _mend(self, path: Path, files: Sequence[File], fetch: Fetch) -> None:
        """Put those files anew that were changed or removed; others may be reading the folder."""
        bad = _unsealed(path, files)
        for file in bad:
            parent = (path / file.path).parent
            parent.chmod(0o755)
            (path / file.path).unlink(missing_ok=True)
        self._fill(path, bad, fetch)
        for file in bad:
            (path / file.path).parent.chmod(_READ_ONLY_FOLDER)

    def _fill(self, draft: Path, files: Sequence[File], fetch: Fetch) -> None:
        """Link what is there; what is not, and what another process evicts in between, is fetched."""

        def link(file: File) -> None:
            self.contents.link(file.digest, f"{draft}/{file.path}")

        missing = []
        for file in files:
            try:
                if self.contents.holds(file.digest, file.size_bytes):
                    link(file)
                    continue
            except FileNotFoundError:
                pass
            missing.append(file)
        if missing:
            fetch(missing, link)

    def _touch(self, key: str) -> None:
        now = time.time_ns()
        with suppress(OSError):
            os.utime(self._list_path(key), ns=(now, now))

    def _clear(self, key: str) -> None:
        for path in (self.path(key), self.path(f"{key}.tmp")):
            if path.is_dir():
                for folder, _, _ in os.walk(path):
                    Path(folder).chmod(0o755)
                shutil.rmtree(path)
        self._list_path(key).unlink(missing_ok=True)

    def _list_path(self, key: str) -> Path:
        return self.folder / "versions" / f"{key}.json"


def _unsealed(path: Path, files: Sequence[File]) -> list[File]:
    """Those of the files that are not there as they were verified."""
    return [file for file in files if not _is_sealed(f"{path}/{file.path}", file.size_bytes)]


def _is_sealed(path: str, size_bytes: int) -> bool:
    try:
        return is_sealed(os.lstat(path), size_bytes)
    except (FileNotFoundError, NotADirectoryError):
        return False
