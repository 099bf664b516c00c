"""Many small files in one stream: a tar archive whose members are named by their digests."""

import tarfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from modelyard.client.answers import Answer, Document
from modelyard.client.failures import ChangedFile, DiskFault, Unintelligible
from modelyard.client.refusals import DigestMismatch
from modelyard.client.transfer.attempts import Attempts
from modelyard.client.transfer.local_file import LocalFile
from modelyard.client.transfer.progress import Progress
from modelyard.client.transport import Transport

SMALL_BYTES: Final = 1 << 20
"""Up to here a file travels with others: for larger ones the wait for the disk is a small part of the whole."""

_BATCH_BYTES: Final = 16 << 20
_BATCH_FILES: Final = 2_000
_BLOCK: Final = tarfile.BLOCKSIZE
_PIECE_BYTES: Final = 1 << 18


def batches_of(files: Iterable[LocalFile]) -> Iterator[Sequence[LocalFile]]:
    """Cut small files into batches of at most 16 MiB and 2,000 files."""
    batch: list[LocalFile] = []
    size_bytes = 0
    for file in files:
        if batch and (len(batch) == _BATCH_FILES or size_bytes + file.size_bytes > _BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(file)
        size_bytes += file.size_bytes
    if batch:
        yield batch


def send_batch(transport: Transport, files: Sequence[LocalFile], told: Progress, stop: threading.Event) -> None:
    """Send a batch until the registry has said that it keeps all of it. A batch that breaks off is sent again.

    Raises:
        ChangedFile: a file is not what it was when it was hashed.
        Unreachable, RegistryError: as everywhere.
    """
    attempts = Attempts(transport.patience, stop)
    archive = _Archive(files, told)
    while True:
        try:
            _require_all(files, _post(transport, archive, attempts))
        except DigestMismatch as error:
            raise _changed(files, str(error.details.get("expected"))) from error
        except Exception as error:  # noqa: BLE001  # `pause` raises all that does not pass
            archive.take_back()
            attempts.pause(error)
        else:
            return


def _post(transport: Transport, archive: "_Archive", attempts: Attempts) -> Document:
    headers = {"Content-Type": "application/x-tar", "Content-Length": str(archive.size_bytes)}
    with transport.stream("POST", "/blobs", body=archive.pieces(attempts), headers=headers) as response:
        return Answer(status=response.status, headers={}, body=response.read()).document()


class _Archive:
    """A batch as a body, made while it is sent."""

    def __init__(self, files: Sequence[LocalFile], told: Progress) -> None:
        self._files = files
        self._told = told
        self._told_bytes = 0
        self.size_bytes = sum(_BLOCK + file.size_bytes + -file.size_bytes % _BLOCK for file in files) + 2 * _BLOCK

    def pieces(self, attempts: Attempts) -> Iterator[bytes]:
        """The bytes of the archive, in pieces that are worth a system call each."""
        waiting: list[bytes] = []
        waiting_bytes = file_bytes = 0
        for file in self._files:
            member = _member(file)
            waiting += member
            waiting_bytes += sum(map(len, member))
            file_bytes += file.size_bytes
            if waiting_bytes >= _PIECE_BYTES:
                yield b"".join(waiting)
                attempts.moved()
                self._advance(file_bytes)
                waiting, waiting_bytes, file_bytes = [], 0, 0
        yield b"".join([*waiting, bytes(2 * _BLOCK)])
        self._advance(file_bytes)

    def take_back(self) -> None:
        """What was told counts no more: all of it is sent again."""
        self._advance(-self._told_bytes)

    def _advance(self, count_bytes: int) -> None:
        self._told_bytes += count_bytes
        self._told.advance(count_bytes)


def _member(file: LocalFile) -> tuple[bytes, bytes, bytes]:
    try:
        content = file.source.read_bytes()
    except OSError as error:
        raise DiskFault(f"{file.source} cannot be read: {error.strerror or error}") from error
    if len(content) != file.size_bytes:
        raise ChangedFile(f"{file.source} had {file.size_bytes} bytes when it was hashed, and now has {len(content)}")
    info = tarfile.TarInfo(file.digest)
    info.size = file.size_bytes
    return info.tobuf(tarfile.USTAR_FORMAT), content, bytes(-file.size_bytes % _BLOCK)


def _require_all(files: Sequence[LocalFile], answer: Document) -> None:
    kept = {one.get("digest") for one in answer.get("items", ())}
    if left := [file.digest for file in files if file.digest not in kept]:
        raise Unintelligible(f"the registry does not say that it keeps {left[0]}")


def _changed(files: Sequence[LocalFile], digest: str) -> ChangedFile:
    sources = [str(file.source) for file in files if file.digest == digest]
    return ChangedFile(f"{sources[0] if sources else 'a file'} is not what it was when it was hashed")
