"""Files of a version on this machine: from the cache, and from the registry what is not there yet."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from modelyard.client.cache.cache import Cache
from modelyard.client.cache.contents import disk_faults
from modelyard.client.cache.paths import require_sound
from modelyard.client.cache.place import is_offline
from modelyard.client.failures import Offline, Problem
from modelyard.client.records import File, Version
from modelyard.client.reference import parse_reference
from modelyard.client.refusals import FileNotInVersion
from modelyard.client.transfer.copying import copy_into
from modelyard.client.transfer.fetching import fetch
from modelyard.client.transfer.progress import Progress
from modelyard.client.transport import Transport

logger = logging.getLogger(__name__)


class Pulling:
    """Fetches versions of one registry by way of a cache."""

    def __init__(self, transport: Transport, cache: Cache) -> None:
        self._transport = transport
        self._cache = cache

    def resolve(self, reference: str) -> Version:
        """The version that a reference names: now, or without a connection when it was last asked for.

        Raises:
            VersionNotFound, ModelNotFound: There is none.
            Offline: It was never asked for on this machine.
        """
        parsed = parse_reference(reference, default="latest")
        if is_offline():
            return self._remembered(str(parsed))
        version = Version.of(self._transport.get(parsed.path))
        require_sound(version.files)
        with disk_faults(self._cache.folder):
            self._cache.resolutions.keep(self._transport.server.url, str(parsed), version)
        return version

    def pull(
        self,
        version: Version,
        folder: Path | None,
        paths: Sequence[str] | None,
        progress: Progress | None,
        *,
        overwrite: bool,
    ) -> Path:
        """Bring files of a version here; see `Registry.pull`."""
        files = _chosen(version, paths)
        with disk_faults(self._cache.folder):
            tree = self._cache.trees.make(files, self._fetching(version, progress))
        if folder is None:
            return tree
        copy_into(folder, tree, files, overwrite=overwrite)
        return folder

    def _fetching(
        self, version: Version, progress: Progress | None
    ) -> Callable[[Sequence[File], Callable[[File], None]], None]:
        def run(missing: Sequence[File], done: Callable[[File], None]) -> None:
            if is_offline():
                raise Offline(f"{version}: {missing[0].path} is not in the cache, and MODELYARD_OFFLINE is set")
            fetch(self._transport, version, missing, self._cache.contents, done, progress)
            self._cache.trim()

        return run

    def _remembered(self, reference: str) -> Version:
        known = self._cache.resolutions.find(self._transport.server.url, reference)
        if known is None:
            raise Offline(f"{reference} is not in the cache, and MODELYARD_OFFLINE is set")
        require_sound(known.version.files)
        if known.version.reference != reference:
            at = datetime.fromtimestamp(known.at, UTC).strftime("%Y-%m-%d %H:%M UTC")
            logger.warning("offline: %s was %s when it was last asked for, %s", reference, known.version, at)
        return known.version


def _chosen(version: Version, paths: Sequence[str] | None) -> list[File]:
    if paths is None:
        return list(version.files)
    for pattern in paths:
        if not any(_matches(file.path, pattern) for file in version.files):
            detail = f"{version} has no file {pattern!r}"
            raise FileNotInVersion(Problem(code=FileNotInVersion.code, status=404, detail=detail))
    return [file for file in version.files if any(_matches(file.path, pattern) for pattern in paths)]


def _matches(path: str, pattern: str) -> bool:
    return path == pattern or fnmatchcase(path, pattern)
