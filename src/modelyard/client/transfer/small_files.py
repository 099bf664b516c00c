"""Small files on their way from the registry: many in one archive, few by themselves."""

import hashlib
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, cast

from modelyard.client.cache.contents import Contents
from modelyard.client.failures import DamagedFile, Unintelligible, Unreachable
from modelyard.client.records import File, Version
from modelyard.client.reference import file_path, model_path
from modelyard.client.transfer.attempts import Attempts
from modelyard.client.transfer.crew import work_off
from modelyard.client.transfer.progress import Progress
from modelyard.client.transport import Query, Transport

if TYPE_CHECKING:  # importing it costs more than the whole rest, and help needs none of it
    from urllib3 import BaseHTTPResponse

SMALL_BYTES: Final = 1 << 20
"""Up to here a file is fetched in one piece."""

_AT_ONCE: Final = 8
_WORTH_AN_ARCHIVE: Final = 16
_PIECE_BYTES: Final = 1 << 18
_TRIES: Final = 2

Done = Callable[[File], None]


class SmallDownload:
    """Brings small files of one version into the cache."""

    def __init__(
        self,
        transport: Transport,
        contents: Contents,
        version: Version,
        told: Progress,
    ) -> None:
        self._transport = transport
        self._contents = contents
        self._version = version
        self._told = told

    def run(self, files: Sequence[File], done: Done) -> None:
        """Fetch files, verify them, and tell of each that is in the cache.

        Raises:
            DamagedFile: the bytes of one are wrong, the second time too.
            DiskFault: they cannot be written.
            Unreachable, RegistryError: as everywhere; what has come stays there for the next call.
        """
        left = {file.path: file for file in files}
        attempts = Attempts(self._transport.patience, threading.Event())
        while self._is_worth_an_archive(list(left.values())):
            try:
                self._fetch_archive(left, done, attempts)
            except Exception as error:  # noqa: BLE001  # `pause` raises all that does not pass
                attempts.pause(error)
            else:
                break  # what was damaged, or was not in it, is fetched by itself

        def work(file: File, stop: threading.Event) -> None:
            self._fetch(file, done, stop)

        work_off(list(left.values()), work, _AT_ONCE, "receiving")

    def _is_worth_an_archive(self, wanted: Sequence[File]) -> bool:
        """Whether most of what an archive would bring, from the first file that is wanted on, is wanted."""
        if len(wanted) < _WORTH_AN_ARCHIVE:
            return False
        paths = {file.path for file in wanted}
        small = [file for file in self._version.files if file.size_bytes <= SMALL_BYTES]
        first = next(place for place, file in enumerate(small) if file.path in paths)
        brought = sum(file.size_bytes + tarfile.BLOCKSIZE for file in small[first:])
        return 2 * sum(file.size_bytes + tarfile.BLOCKSIZE for file in wanted) >= brought

    def _fetch_archive(self, left: dict[str, File], done: Done, attempts: Attempts) -> None:
        """Take out of an archive what is wanted and right."""
        small = [file.path for file in self._version.files if file.size_bytes <= SMALL_BYTES]
        first = next(place for place, path in enumerate(small) if path in left)
        query: Query = {"format": "tar", "max_file_bytes": SMALL_BYTES, "after": small[first - 1] if first else None}
        path = f"{model_path(self._version.model)}/versions/{self._version.number}/archive"
        with self._transport.stream("GET", path, query=query, headers={"Accept-Encoding": "identity"}) as response:
            for name, content in _members(response):
                attempts.arrived()
                file = left.get(name)
                if file is None or not _is_right(file, content):
                    continue
                self._contents.add(file.digest, content)
                del left[name]
                done(file)
                self._told.advance(file.size_bytes)

    def _fetch(self, file: File, done: Done, stop: threading.Event) -> None:
        attempts = Attempts(self._transport.patience, stop)
        damaged = 0
        while True:
            try:
                with self._transport.stream(
                    "GET",
                    file_path(self._version.model, self._version.number, file.path),
                    headers={"Accept-Encoding": "identity"},
                ) as response:
                    content = response.read(file.size_bytes + 1)
            except Exception as error:  # noqa: BLE001  # `pause` raises all that does not pass
                attempts.pause(error)
                continue
            if _is_right(file, content):
                break
            damaged += 1
            if damaged == _TRIES:
                raise DamagedFile(
                    f"{file.path}: what came is not what was registered; it was not kept",
                    hint="Something between you and the registry changes bytes, or its store is damaged.",
                )
        self._contents.add(file.digest, content)
        done(file)
        self._told.advance(file.size_bytes)


def _is_right(file: File, content: bytes) -> bool:
    return len(content) == file.size_bytes and f"sha256:{hashlib.sha256(content).hexdigest()}" == file.digest


def _members(response: "BaseHTTPResponse") -> Iterator[tuple[str, bytes]]:
    """Names and contents of an archive as it comes.

    Raises:
        Unintelligible: it is no archive, or holds something that is too large.
        Unreachable: it breaks off.
    """
    source = cast("tarfile._Fileobj", _Source(response))
    try:
        with tarfile.open(fileobj=source, mode="r|", bufsize=_PIECE_BYTES) as archive:
            for member in archive:
                if not member.isreg() or member.size > SMALL_BYTES:
                    raise Unintelligible(f"the archive holds {member.name[:200]!r}, which was not asked for")
                file = archive.extractfile(member)
                content = file.read() if file is not None else b""
                archive.members.clear()  # type: ignore[attr-defined]  # they would all be remembered
                yield member.name, content
    except tarfile.TarError as error:
        raise Unreachable(f"the archive broke off: {error}") from error


class _Source:
    """What `tarfile` reads from."""

    def __init__(self, response: "BaseHTTPResponse") -> None:
        self._response = response

    def read(self, count: int) -> bytes:
        return self._response.read(count)
