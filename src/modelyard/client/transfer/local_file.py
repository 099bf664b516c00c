"""Files on this machine that a version is to have."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from modelyard.client.answers import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A file that lies at `source`, and its relative POSIX path in the version."""

    path: str
    source: Path
    digest: str
    size_bytes: int
    media_type: str = "application/octet-stream"

    @property
    def entry(self) -> Document:
        """As a registration names it."""
        return {
            "path": self.path,
            "digest": self.digest,
            "size_bytes": self.size_bytes,
            "media_type": self.media_type,
        }


def local_file(source: Path, path: str, media_type: str = "application/octet-stream") -> LocalFile:
    """Read and hash a file."""
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        size_bytes = file.tell()
    return LocalFile(
        path=path, source=source, digest=f"sha256:{digest.hexdigest()}", size_bytes=size_bytes, media_type=media_type
    )
