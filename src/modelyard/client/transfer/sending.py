"""Bringing files into the registry's store."""

from collections.abc import Sequence

from modelyard.client.transfer.local_file import LocalFile
from modelyard.client.transfer.progress import Progress, Silence
from modelyard.client.transport import Transport


def send(transport: Transport, files: Sequence[LocalFile], progress: Progress | None = None) -> int:
    """Make sure that the registry has the bytes of all these files; how many bytes had to be sent.

    Raises:
        Unreachable: The registry gave no answer in time.
        RegistryError: It refuses a file.
    """
    told = progress or Silence()
    wanted = {file.digest: file for file in files}
    missing = [wanted[digest] for digest in transport.post("/blobs/missing", {"digests": list(wanted)})["missing"]]
    total = sum(file.size_bytes for file in missing)
    told.begin("sending", total)
    try:
        for file in missing:
            with file.source.open("rb") as body, transport.stream("PUT", f"/blobs/{file.digest}", body=body):
                told.advance(file.size_bytes)
    finally:
        told.end()
    return total
