"""Bringing files of a version into the cache."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from modelyard.client.cache.contents import Contents
from modelyard.client.records import File, Version
from modelyard.client.transfer.progress import Progress, Silence
from modelyard.client.transfer.ranges import RangedDownload
from modelyard.client.transfer.small_files import SMALL_BYTES, SmallDownload
from modelyard.client.transport import Transport


def fetch(
    transport: Transport,
    version: Version,
    files: Sequence[File],
    contents: Contents,
    done: Callable[[File], None],
    progress: Progress | None = None,
) -> None:
    """Bring the contents of some of a version's files into the cache, and tell of each file as soon as it is there.

    Nothing is in the cache that was not verified. Whatever breaks off, also by a kill of this process, goes on in the
    next call where it stopped.

    Raises:
        DamagedFile: The bytes of a file are wrong, the second time too.
        DiskFault: They cannot be written.
        Unreachable: Nothing has moved for as long as the transport's patience lasts.
        RegistryError: The registry has lost a file, or the version is gone.
    """
    told = progress or Silence()
    once = {file.digest: file for file in files}
    same: dict[str, list[File]] = defaultdict(list)
    for file in files:
        same[file.digest].append(file)

    def tell(file: File) -> None:
        for one in same[file.digest]:
            done(one)

    small = [file for file in once.values() if file.size_bytes <= SMALL_BYTES]
    large = [file for file in once.values() if file.size_bytes > SMALL_BYTES]
    told.begin("receiving", sum(file.size_bytes for file in once.values()))
    try:
        if small:
            SmallDownload(transport, contents, version, told).run(small, tell)
        if large:
            RangedDownload(transport, contents, version, told).run(large, tell)
    finally:
        told.end()
