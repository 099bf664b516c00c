"""The way in for many small files at once."""

import hashlib
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from modelyard.application.ports.blob_store import StagedBlob
from modelyard.domain.digest import Digest
from modelyard.infrastructure.blobs.durable import DurableFile, sync_all


class StagedFiles:
    """A `Sink` in which each piece is a whole file; they become durable together, at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: list[Path] = []
        self.blobs: list[StagedBlob] = []

    def write(self, batch: Sequence[bytes]) -> None:
        """Make and hash one file for each piece."""
        for content in batch:
            token = secrets.token_hex(16)
            path = self._folder / token
            file = DurableFile(path, os.O_CREAT | os.O_EXCL)
            self._paths.append(path)
            try:
                file.write([content])
            finally:
                file.close()
            digest = Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")
            self.blobs.append(StagedBlob(token=token, digest=digest, size_bytes=len(content)))

    def finish(self, batch: Sequence[bytes]) -> None:
        """All bytes are durable; the names are known to this process alone until they are published."""
        self.write(batch)
        sync_all(self._paths, self._folder)

    def abandon(self) -> None:
        """Unlink all of them."""
        for path in self._paths:
            with suppress(OSError):
                path.unlink()
