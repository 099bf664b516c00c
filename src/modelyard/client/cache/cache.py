"""The cache as a whole: what is in it, how large it is, what goes when it gets too large, and whether it is sound."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from modelyard.client.cache.contents import SEALED_NS, Contents, disk_faults
from modelyard.client.cache.place import cache_folder, max_cache_bytes
from modelyard.client.cache.resolutions import Resolutions
from modelyard.client.cache.trees import Trees, tree_key

_FRESH_SECONDS: Final = 60
"""So long a content waits for the folder that it was fetched for, as another process may do just now."""

_LEFT_SECONDS: Final = 7 * 24 * 3600
"""How long what a broken transfer left is kept, so that it can go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """Files of one version that were fetched together, in the folder `path`.

    `size_bytes` counts what other entries share as well. `references` are all that named it, such as `churn:7` and
    `churn:production`; none where only some of a version's files were wanted, or it was long ago.
    """

    key: str
    path: Path
    references: Sequence[str]
    file_count: int
    size_bytes: int
    used_at: datetime
    is_in_use: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was removed, and how many entries stayed only because a process uses them."""

    entry_count: int
    freed_bytes: int
    in_use_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """How many contents were read, and which were damaged: their digests. Damaged ones were removed."""

    checked_count: int
    checked_bytes: int
    damaged: Sequence[str]


class Cache:
    """Everything that was fetched, below one folder. Any number of processes share it."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self.contents = Contents(folder)
        self.trees = Trees(folder, self.contents)
        self.resolutions = Resolutions(folder)

    @classmethod
    def from_env(cls, environment: Mapping[str, str] = os.environ) -> "Cache":
        """The one that `MODELYARD_CACHE` and `MODELYARD_CACHE_MAX_BYTES` describe; nothing is made yet.

        Raises:
            Misconfigured: the size is none.
        """
        return cls(cache_folder(environment), max_cache_bytes(environment))

    @property
    def size_bytes(self) -> int:
        """The bytes of all contents, each once, and of transfers under way."""
        return sum(status.st_size for _, status in (*self.contents.all(), *self.partial()))

    def entries(self) -> list[CacheEntry]:
        """What is in it, the last used first."""
        named: dict[str, list[str]] = {}
        for known in self.resolutions.all():
            named.setdefault(tree_key(known.version.files), []).append(known.reference)
        found = [self._entry(key, named.get(key, ())) for key in self.trees.all()]
        return sorted(found, key=lambda entry: entry.used_at, reverse=True)

    def trim(self) -> Pruned:
        """Keep to the size that the cache may have: what was used last stays longest."""
        return self.prune(max_bytes=self.max_bytes)

    def prune(
        self, *, max_bytes: int | None = None, unused_seconds: float | None = None, everything: bool = False
    ) -> Pruned:
        """Remove what has not been used for so long, then the longest unused until the cache is small enough.

        What a running process uses stays, whatever is asked for.

        Args:
            max_bytes: How large the cache may be afterwards.
            unused_seconds: Entries that were not used for so long go.
            everything: All goes, unfinished transfers too.

        Raises:
            DiskFault: something cannot be removed.
        """
        with disk_faults(self.folder):
            return _Pruning(self).run(
                0 if everything else max_bytes,
                0.0 if everything else unused_seconds,
                left_seconds=0.0 if everything else _LEFT_SECONDS,
            )

    def verify(self) -> Verified:
        """Read all contents anew; damaged ones are removed, with the folders that are made of them.

        Raises:
            DiskFault: one cannot be read.
        """
        damaged, checked_count, checked_bytes = [], 0, 0
        with disk_faults(self.folder):
            for path, status in self.contents.all():
                checked_count += 1
                checked_bytes += status.st_size
                if not self.contents.is_right(path):
                    path.unlink(missing_ok=True)
                    damaged.append(f"sha256:{path.name}")
                elif status.st_mtime_ns != SEALED_NS:
                    os.utime(path, ns=(status.st_atime_ns, SEALED_NS))
            self._drop_trees_of(frozenset(damaged))
        return Verified(checked_count=checked_count, checked_bytes=checked_bytes, damaged=tuple(damaged))

    def _drop_trees_of(self, damaged: frozenset[str]) -> None:
        """A folder in use stays, but is made anew before it is handed out again: its files no longer look verified."""
        for key in [*self.trees.all()] if damaged else ():
            hit = [file for file in self.trees.files_of(key) if file.digest in damaged]
            if hit and not self.trees.remove(key):
                for file in hit:
                    with suppress(OSError):
                        os.utime(self.trees.path(key) / file.path)

    def _entry(self, key: str, references: Sequence[str]) -> CacheEntry:
        files = self.trees.files_of(key)
        return CacheEntry(
            key=key,
            path=self.trees.path(key),
            references=sorted(references),
            file_count=len(files),
            size_bytes=sum({file.digest: file.size_bytes for file in files}.values()),
            used_at=datetime.fromtimestamp(self.trees.used_at(key), UTC),
            is_in_use=self.trees.is_in_use(key),
        )

    def partial(self) -> Iterator[tuple[Path, os.stat_result]]:
        """What transfers have left, or are at now."""
        with suppress(FileNotFoundError):
            for entry in os.scandir(self.folder / "partial"):
                with suppress(FileNotFoundError):
                    yield Path(entry.path), entry.stat(follow_symlinks=False)


class _Pruning:
    """One run over a cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._entry_count = 0
        self._in_use: set[str] = set()

    def run(self, max_bytes: int | None, unused_seconds: float | None, *, left_seconds: float) -> Pruned:
        trees, before = self._cache.trees, self._cache.size_bytes
        for key in list(trees.leftovers()):
            trees.remove(key)
        self._drop_partial(left_seconds)
        if unused_seconds is not None:
            limit = time.time() - unused_seconds
            for key in [key for key in trees.all() if trees.used_at(key) <= limit]:
                self._remove(key)
            self._drop_loose(0, limit)
        if max_bytes is not None:
            self._shrink(max_bytes)
        freed_bytes = max(before - self._cache.size_bytes, 0)
        return Pruned(entry_count=self._entry_count, freed_bytes=freed_bytes, in_use_count=len(self._in_use))

    def _shrink(self, max_bytes: int) -> None:
        trees = self._cache.trees
        total = self._drop_loose(max_bytes, time.time() - (_FRESH_SECONDS if max_bytes else 0))
        for key in sorted(trees.all(), key=trees.used_at):
            if total <= max_bytes:
                return
            total -= self._remove(key)

    def _remove(self, key: str) -> int:
        """Remove a folder and what it alone was made of; returns the bytes of that."""
        files = self._cache.trees.files_of(key)
        if not self._cache.trees.remove(key):
            self._in_use.add(key)
            return 0
        self._entry_count += 1
        freed_bytes = 0
        for path in {self._cache.contents.path(file.digest) for file in files}:
            with suppress(FileNotFoundError):
                if (status := path.lstat()).st_nlink == 1:
                    path.unlink()
                    freed_bytes += status.st_size
        return freed_bytes

    def _drop_loose(self, max_bytes: int, used_before: float) -> int:
        """Drop contents that no folder is made of, the longest unused first; returns the bytes that are left."""
        total = self._cache.size_bytes
        loose = [(status.st_atime, path, status) for path, status in self._cache.contents.all() if status.st_nlink == 1]
        for used_at, path, status in sorted(loose, key=lambda one: one[0]):
            if total <= max_bytes or used_at > used_before:
                break
            path.unlink(missing_ok=True)
            total -= status.st_size
        return total

    def _drop_partial(self, left_seconds: float) -> None:
        limit = time.time() - left_seconds
        for path, status in self._cache.partial():
            if status.st_mtime <= limit:
                path.unlink(missing_ok=True)
