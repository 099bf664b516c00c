"""Large files on their way from the registry: by ranges, several at a time."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from modelyard.client.cache.contents import Contents, disk_faults
from modelyard.client.cache.locks import locked
from modelyard.client.failures import DamagedFile, Unintelligible, Unreachable
from modelyard.client.records import File, Version
from modelyard.client.reference import file_path
from modelyard.client.transfer.attempts import Attempts
from modelyard.client.transfer.crew import work_off
from modelyard.client.transfer.partial_file import PartialFile
from modelyard.client.transfer.progress import Progress
from modelyard.client.transport import Transport

if TYPE_CHECKING:  # importing it costs more than the whole rest, and help needs none of it
    from urllib3 import BaseHTTPResponse

_AT_ONCE: Final = 4
_PIECE_BYTES: Final = 1 << 20
_TRIES: Final = 2


@dataclass(slots=True)
class _Arriving:
    """A file under way, with what is to be let go of in the end."""

    file: File
    partial: PartialFile
    held: ExitStack
    parts_left: int
    mutex: threading.Lock = field(default_factory=threading.Lock)

    def is_last(self) -> bool:
        """Whether the part that has just come was the last one."""
        with self.mutex:
            self.parts_left -= 1
            return self.parts_left == 0


class RangedDownload:
    """Brings files of one version into the cache."""

    def __init__(self, transport: Transport, contents: Contents, version: Version, told: Progress) -> None:
        self._transport = transport
        self._contents = contents
        self._version = version
        self._told = told

    def run(self, files: Sequence[File], done: Callable[[File], None]) -> None:
        """Fetch files, verify them, and tell of each that is in the cache.

        Raises:
            DamagedFile: the bytes of one are wrong, the second time too.
            DiskFault: they cannot be written.
            Unreachable, RegistryError: as everywhere; what has come stays there for the next call.
        """

        def work(job: tuple[_Arriving, int], stop: threading.Event) -> None:
            self._work(job, done, stop)

        with ExitStack() as held:
            work_off(self._jobs(files, done, held), work, _AT_ONCE, "receiving")

    def _jobs(
        self, files: Sequence[File], done: Callable[[File], None], held: ExitStack
    ) -> Iterator[tuple[_Arriving, int]]:
        """Each part of each file. All processes take the files in one order, so that no two wait for each other."""
        for file in sorted(files, key=lambda one: one.digest):
            with disk_faults(self._contents.folder):
                mine = held.enter_context(ExitStack())
                name = file.digest.removeprefix("sha256:")
                mine.enter_context(locked(self._contents.folder / "locks" / f"{name}.lock"))
                if self._contents.holds(file.digest, file.size_bytes):  # another process was faster
                    mine.close()
                    done(file)
                    self._told.advance(file.size_bytes)
                    continue
                partial = PartialFile(self._contents.partial(file.digest), file.size_bytes)
            self._told.advance(partial.done_bytes)
            parts = list(partial.parts()) or [0]
            arriving = _Arriving(file, partial, mine, len(parts))
            mine.callback(_let_go, partial)
            yield from ((arriving, part) for part in parts)

    def _work(self, job: tuple[_Arriving, int], done: Callable[[File], None], stop: threading.Event) -> None:
        arriving, part = job
        self._fetch(arriving, part, stop)
        if arriving.is_last():
            self._end(arriving, stop)
            done(arriving.file)
            arriving.held.close()

    def _end(self, arriving: _Arriving, stop: threading.Event) -> None:
        """Verify, and fetch a damaged file once more before it is given up."""
        file, partial = arriving.file, arriving.partial
        for tries in range(1, _TRIES + 1):
            with disk_faults(self._contents.folder):
                if partial.digest() == file.digest:
                    self._contents.adopt(partial.path, file.digest)
                    return
                partial.start_over()
            self._told.advance(-file.size_bytes)
            if tries < _TRIES:
                for part in list(partial.parts()):
                    self._fetch(arriving, part, stop)
        raise DamagedFile(
            f"{file.path}: what came is not what was registered; nothing of it was kept",
            hint="Something between you and the registry changes bytes, or its store is damaged: `modelyard verify`.",
        )

    def _fetch(self, arriving: _Arriving, part: int, stop: threading.Event) -> None:
        attempts = Attempts(self._transport.patience, stop)
        while True:
            start, end = arriving.partial.missing_of(part)
            if start >= end:
                break
            try:
                self._fetch_once(arriving, part, attempts)
            except Exception as error:  # noqa: BLE001  # `pause` raises all that does not pass
                attempts.pause(error)
        with disk_faults(self._contents.folder):
            arriving.partial.hash_ahead()

    def _fetch_once(self, arriving: _Arriving, part: int, attempts: Attempts) -> None:
        partial, file = arriving.partial, arriving.file
        start, stop = partial.missing_of(part)
        headers = {"Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
        with self._transport.stream(
            "GET", file_path(self._version.model, self._version.number, file.path), headers=headers
        ) as response:
            _require_range(response, start, file)
            while start < stop:
                piece = response.read(min(_PIECE_BYTES, stop - start))
                if not piece:
                    raise Unreachable(f"{file.path} broke off at byte {start}")
                with disk_faults(self._contents.folder):
                    partial.write(part, piece)
                start += len(piece)
                attempts.arrived()
                self._told.advance(len(piece))
            response.drain_conn()


def _let_go(partial: PartialFile) -> None:
    partial.close(is_over=partial.done_bytes in {0, partial.size_bytes})


def _require_range(response: "BaseHTTPResponse", start: int, file: File) -> None:
    """See that this is the part that was asked for, of a file that is as long as it should be."""
    if response.status == 200 and start == 0:
        return
    place = response.headers.get("Content-Range", "")
    if response.status != 206 or not place.startswith(f"bytes {start}-") or not place.endswith(f"/{file.size_bytes}"):
        raise Unintelligible(
            f"{file.path}: asked for bytes from {start} on of {file.size_bytes}, and got {response.status} {place!r}"
        )
