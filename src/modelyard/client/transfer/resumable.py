"""A large file on its way to the registry, in parts; what has arrived is never sent again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from modelyard.client.failures import ChangedFile, DiskFault, ModelyardError, Unintelligible
from modelyard.client.refusals import DigestMismatch, UploadNotFound
from modelyard.client.transfer.attempts import Attempts
from modelyard.client.transfer.local_file import LocalFile
from modelyard.client.transfer.progress import Progress
from modelyard.client.transfer.upload_notes import UploadNotes
from modelyard.client.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What is sent: where it lies, how long it is, and how its digest is found in the end."""

    source: Path
    size_bytes: int
    name: str
    digest_of: Callable[[], str]

    @classmethod
    def of(cls, file: LocalFile) -> "Outgoing":
        """A file whose digest is known."""
        return cls(source=file.source, size_bytes=file.size_bytes, name=file.digest, digest_of=lambda: file.digest)


PART_BYTES: Final = 256 << 20
"""What one request sends. The registry keeps of it what arrives, also when it breaks off."""

_PROBE_BYTES: Final = 1 << 16
"""What is sent after a failure: the registry may still be at the request that broke off, and refuse this one, when
megabytes would be on their way already."""

_PIECE_BYTES: Final = 1 << 20
_HASHING_BYTES_PER_SECOND: Final = 20 << 20
"""A registry that hashes slower than this is not waited for; most are fifty times faster."""


class ResumableUpload:
    """Sends one file. Threads have one each.

    A file may be on its way before its digest is known: `digest_of` is asked in the end, and `name` is what the upload
    is remembered by, which is the digest or whatever else tells that the file is the same.
    """

    def __init__(
        self,
        transport: Transport,
        file: Outgoing,
        notes: UploadNotes,
        told: Progress,
        stop: threading.Event,
    ) -> None:
        self._transport = transport
        self._file = file
        self._notes = notes
        self._told = told
        self._told_bytes = 0
        self._attempts = Attempts(transport.patience, stop)
        self._is_probing = False

    def run(self) -> None:
        """Send the file until the registry has said that it keeps it.

        Raises:
            ChangedFile: it is not what it was when it was hashed.
            DiskFault: it cannot be read.
            Unreachable, RegistryError: as everywhere; what has arrived stays there for the next call.
        """
        try:
            with self._file.source.open("rb", buffering=0) as source:
                self._send(source)
        except OSError as error:
            raise _unreadable(self._file, error) from error
        self._notes.forget(self._file.name)

    def _send(self, source: BinaryIO) -> None:
        upload_id = self._notes.find(self._file.name)
        self._is_probing = upload_id is not None
        while True:
            try:
                if upload_id is None:
                    upload_id = self._begin()
                self._advance_to(offset := self._offset_of(upload_id))
                while offset < self._file.size_bytes:
                    offset = self._send_part(source, upload_id, offset)
                self._finish(upload_id)
            except UploadNotFound:
                if self._is_kept():
                    return
                upload_id = None
                self._advance_to(0)
            except DigestMismatch as error:
                self._notes.forget(self._file.name)
                raise ChangedFile(f"{self._file.source} is not what it was when it was hashed") from error
            except Exception as error:  # noqa: BLE001  # `pause` raises all that does not pass
                self._is_probing = True
                self._attempts.pause(error)
            else:
                return

    def abandon(self) -> None:
        """Drop what has arrived: the registry turned out to have the file."""
        upload_id = self._notes.find(self._file.name)
        self._notes.forget(self._file.name)
        if upload_id is not None:
            with suppress(ModelyardError):  # it would expire by itself
                self._transport.request("DELETE", f"/uploads/{upload_id}", is_repeatable=False)

    def _begin(self) -> str:
        upload_id = str(self._transport.post("/uploads", {"size_bytes": self._file.size_bytes})["id"])
        self._notes.keep(self._file.name, upload_id)
        return upload_id

    def _offset_of(self, upload_id: str) -> int:
        try:
            answer = self._transport.request("HEAD", f"/uploads/{upload_id}")
        except Unintelligible as error:
            if error.status == 404:  # which says no more, since an answer to HEAD has no body
                raise _gone(upload_id) from error
            raise
        offset, size = answer.headers.get("upload-offset", ""), answer.headers.get("upload-length", "")
        if not offset.isdecimal() or size != str(self._file.size_bytes) or int(offset) > self._file.size_bytes:
            raise Unintelligible(f"the upload {upload_id} is at {offset!r} of {size!r} bytes")
        return int(offset)

    def _send_part(self, source: BinaryIO, upload_id: str, offset: int) -> int:
        stop = min(offset + (_PROBE_BYTES if self._is_probing else PART_BYTES), self._file.size_bytes)
        headers = {
            "Upload-Offset": str(offset),
            "Content-Length": str(stop - offset),
            "Content-Type": "application/octet-stream",
        }
        pieces = self._pieces(source, offset, stop)
        with self._transport.stream("PATCH", f"/uploads/{upload_id}", body=pieces, headers=headers) as response:
            response.read()
            reached = response.headers.get("Upload-Offset", "")
        if not reached.isdecimal() or not offset < int(reached) <= stop:
            raise Unintelligible(f"the registry says that {reached!r} bytes have arrived")
        self._advance_to(int(reached))
        self._attempts.arrived()
        self._is_probing = False
        return int(reached)

    def _pieces(self, source: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
        while start < stop:
            try:
                source.seek(start)
                piece = source.read(min(_PIECE_BYTES, stop - start))
            except OSError as error:
                raise _unreadable(self._file, error) from error
            if not piece:
                raise ChangedFile(f"{self._file.source} is shorter than it was when it was hashed")
            yield piece
            start += len(piece)
            self._attempts.moved()
            self._advance_to(start)

    def _finish(self, upload_id: str) -> None:
        seconds = self._transport.patience.read_seconds + self._file.size_bytes / _HASHING_BYTES_PER_SECOND
        path, query = f"/uploads/{upload_id}", {"digest": self._file.digest_of()}
        with self._transport.stream("PUT", path, query=query, read_seconds=seconds) as response:
            response.read()

    def _is_kept(self) -> bool:
        """Whether an end whose answer was lost was one all the same."""
        return not self._transport.post("/blobs/missing", {"digests": [self._file.digest_of()]})["missing"]

    def _advance_to(self, offset: int) -> None:
        self._told.advance(offset - self._told_bytes)
        self._told_bytes = offset


def _unreadable(file: Outgoing, error: OSError) -> DiskFault:
    return DiskFault(f"{file.source} cannot be read: {error.strerror or error}")


def _gone(upload_id: str) -> UploadNotFound:
    from modelyard.client.failures import Problem

    detail = f"the upload {upload_id} is not under way"
    return UploadNotFound(Problem(code=UploadNotFound.code, status=404, detail=detail))
