"""What is remembered of large uploads, so that another process can go on with them."""

import hashlib
import json
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UploadNotes:
    """One small file for each upload under way to a registry, named by the digest of what is uploaded.

    They are a help and no more: one that is lost, or cannot be written, costs sending the file from its beginning.
    """

    folder: Path
    server: str

    def find(self, digest: str) -> str | None:
        """The id of the upload, if one was begun."""
        try:
            document = json.loads(self._path(digest).read_text(encoding="utf-8"))
            return str(document["upload"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("an unfinished upload is begun anew, since the note of it cannot be read: %s", error)
            return None

    def keep(self, digest: str, upload_id: str) -> None:
        """Remember an upload before its first byte is sent."""
        path = self._path(digest)
        beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps({"server": self.server, "digest": digest, "upload": upload_id}))
            beside.replace(path)
        except OSError as error:
            logger.warning("if this upload breaks off it has to begin anew: %s", error)

    def forget(self, digest: str) -> None:
        """It is over."""
        with suppress(OSError):
            self._path(digest).unlink()

    def _path(self, digest: str) -> Path:
        return self.folder / f"{hashlib.sha256(f'{self.server} {digest}'.encode()).hexdigest()}.json"
