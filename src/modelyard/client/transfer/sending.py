"""Bringing files into the registry's store."""

import threading
from collections.abc import Sequence
from typing import Final

from modelyard.client.cache.place import cache_folder
from modelyard.client.transfer.batches import SMALL_BYTES, batches_of, send_batch
from modelyard.client.transfer.crew import work_off
from modelyard.client.transfer.local_file import LocalFile
from modelyard.client.transfer.progress import Progress, Silence
from modelyard.client.transfer.resumable import Outgoing, ResumableUpload
from modelyard.client.transfer.upload_notes import UploadNotes
from modelyard.client.transport import Transport

_ASKED_AT_ONCE: Final = 10_000
_BATCHES_AT_ONCE: Final = 2
"""Of 16 MiB each: what is sent again after a kill stays below one part."""

_FILES_AT_ONCE: Final = 3


def send(transport: Transport, files: Sequence[LocalFile], progress: Progress | None = None) -> int:
    """Make sure that the registry has the bytes of all these files; how many bytes had to be sent.

    Small files go together in batches, large ones in parts. Whatever breaks off, also by a kill of this process, goes
    on in the next call where it stopped: of a large file nothing is sent again that had arrived, of small ones at most
    the batches that were on their way.

    Raises:
        ChangedFile, DiskFault: A file has changed since it was hashed, or cannot be read.
        Unreachable: Nothing has moved for as long as the transport's patience lasts.
        RegistryError: It refuses a file.
    """
    told = progress or Silence()
    wanted = {file.digest: file for file in files}
    missing = [wanted[digest] for digest in missing_of(transport, list(wanted))]
    total = sum(file.size_bytes for file in missing)
    told.begin("sending", total)
    try:
        _send_small(transport, [file for file in missing if file.size_bytes <= SMALL_BYTES], told)
        _send_large(transport, [file for file in missing if file.size_bytes > SMALL_BYTES], told)
    finally:
        told.end()
    return total


def missing_of(transport: Transport, digests: Sequence[str]) -> list[str]:
    """Those of the digests that the registry does not have, however many there are."""
    found: list[str] = []
    for start in range(0, len(digests), _ASKED_AT_ONCE):
        asked = digests[start : start + _ASKED_AT_ONCE]
        answered = set(transport.post("/blobs/missing", {"digests": asked})["missing"])
        found += [digest for digest in asked if digest in answered]
    return found


def _send_small(transport: Transport, files: Sequence[LocalFile], told: Progress) -> None:
    def work(batch: Sequence[LocalFile], stop: threading.Event) -> None:
        send_batch(transport, batch, told, stop)

    work_off(batches_of(files), work, _BATCHES_AT_ONCE, "sending")


def _send_large(transport: Transport, files: Sequence[LocalFile], told: Progress) -> None:
    notes = UploadNotes(cache_folder() / "uploads", transport.server.url)

    def work(file: LocalFile, stop: threading.Event) -> None:
        ResumableUpload(transport, Outgoing.of(file), notes, told, stop).run()

    work_off(files, work, _FILES_AT_ONCE, "sending")
