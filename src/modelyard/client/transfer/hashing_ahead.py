"""Hashing and sending at once: a large file need not wait for its own digest before its first byte goes."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Final

from modelyard.client.cache.place import cache_folder
from modelyard.client.failures import DiskFault, ModelyardError
from modelyard.client.transfer.attempts import Stopped
from modelyard.client.transfer.local_file import LocalFile, Source, local_file, local_files
from modelyard.client.transfer.progress import Progress, Silence
from modelyard.client.transfer.resumable import Outgoing, ResumableUpload
from modelyard.client.transfer.sending import missing_of, send
from modelyard.client.transfer.upload_notes import UploadNotes
from modelyard.client.transport import Transport

LARGE_BYTES: Final = 64 << 20
"""From here on a file is sent while it is hashed."""


def hash_and_send(transport: Transport, sources: Sequence[Source], progress: Progress | None = None) -> list[LocalFile]:
    """Do what `local_files` and then `send` do, in less time: large files are sent while they are hashed.

    When a file's digest turns out to be there already, its upload is dropped: what was sent until then was in vain, but
    never took longer than the hashing did.

    Raises:
        ChangedFile, DiskFault: A file changes meanwhile, or cannot be read.
        Unreachable: Nothing has moved for as long as the transport's patience lasts.
        RegistryError: It refuses a file.
    """
    told = progress or Silence()
    large = [place for place, one in enumerate(sources) if _size_of(one) >= LARGE_BYTES]
    found = {place: _sent_ahead(transport, sources[place], told) for place in large}
    small = [place for place in range(len(sources)) if place not in found]
    found |= zip(small, local_files([sources[place] for place in small], told), strict=True)
    files = [found[place] for place in range(len(sources))]
    send(transport, files, told)
    return files


def _sent_ahead(transport: Transport, source: Source, told: Progress) -> LocalFile:
    hashed: Future[LocalFile] = Future()
    stop = threading.Event()
    status = source.source.stat()
    identity = f"{source.source.absolute()} {status.st_dev} {status.st_ino} {status.st_size} {status.st_mtime_ns}"
    outgoing = Outgoing(
        source=source.source,
        size_bytes=status.st_size,
        name=identity,
        digest_of=lambda: hashed.result().digest,
    )
    notes = UploadNotes(cache_folder() / "uploads", transport.server.url)
    upload = ResumableUpload(transport, outgoing, notes, told, stop)
    act = partial(_stop_if_there, transport, stop)
    thread = threading.Thread(target=_hash, args=(source, hashed, act), daemon=True)  # who interrupts does not wait
    told.begin("sending", status.st_size)
    thread.start()
    try:
        upload.run()
    except Stopped:
        upload.abandon()
    finally:
        stop.set()
        told.end()
    thread.join()
    return hashed.result()


def _hash(source: Source, hashed: "Future[LocalFile]", act: Callable[[LocalFile], None]) -> None:
    try:
        file = local_file(source.source, source.path, source.media_type)
    except BaseException as error:  # noqa: BLE001  # raised where the digest is asked for
        hashed.set_exception(error)
        return
    hashed.set_result(file)
    act(file)


def _stop_if_there(transport: Transport, stop: threading.Event, file: LocalFile) -> None:
    with suppress(ModelyardError):  # then it is sent to its end, which is not wrong
        if not stop.is_set() and not missing_of(transport, [file.digest]):
            stop.set()


def _size_of(source: Source) -> int:
    try:
        return os.stat(source.source).st_size  # noqa: PTH116
    except OSError as error:
        raise DiskFault(f"{source.source} cannot be read: {error.strerror or error}") from error
