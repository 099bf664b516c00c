"""What references named when they were last asked for: all that is known of them without a connection."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from modelyard.client.answers import Document
from modelyard.client.records import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A reference, the version that it named, and when, in seconds since 1970."""

    server: str
    reference: str
    version: Version
    at: float


@dataclass(frozen=True, slots=True)
class Resolutions:
    """One file for each reference to a registry, and one for the number of the version that it named."""

    folder: Path

    def keep(self, server: str, reference: str, version: Version) -> None:
        """Note what a reference names now."""
        for name in {reference, version.reference}:
            document = {"server": server, "reference": name, "version": version.document, "at": time.time()}
            path = self._path(server, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f"{path.name}.{os.getpid()}.{time.monotonic_ns()}.tmp")
            beside.write_text(json.dumps(document), encoding="utf-8")
            beside.replace(path)

    def find(self, server: str, reference: str) -> Resolution | None:
        """What the reference named last."""
        return _read(self._path(server, reference))

    def all(self) -> Iterator[Resolution]:
        """All of them; those that cannot be read are passed over."""
        with suppress(FileNotFoundError):
            for entry in os.scandir(self.folder / "references"):
                if entry.name.endswith(".json") and (found := _read(Path(entry.path))) is not None:
                    yield found

    def forget_all(self) -> None:
        """Know nothing any more."""
        with suppress(FileNotFoundError):
            for entry in os.scandir(self.folder / "references"):
                Path(entry.path).unlink(missing_ok=True)

    def _path(self, server: str, reference: str) -> Path:
        name = hashlib.sha256(f"{server} {reference}".encode()).hexdigest()
        return self.folder / "references" / f"{name}.json"


def _read(path: Path) -> Resolution | None:
    try:
        document: Document = json.loads(path.read_text(encoding="utf-8"))
        return Resolution(
            server=str(document["server"]),
            reference=str(document["reference"]),
            version=Version.of(document["version"]),
            at=float(document["at"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
