"""Manifests as JSON. Readers accept members that they do not know, and refuse another format."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from modelyard.application.ports.backups import Manifest
from modelyard.application.ports.rows import DamagedFile, TableSum
from modelyard.domain.digest import parse_digest
from modelyard.domain.errors import InvalidInput, StorageUnavailable

FORMAT = 1


def document_of(manifest: Manifest) -> bytes:
    """The manifest, for people too."""
    document = {"format": FORMAT, **asdict(manifest), "taken_at": manifest.taken_at.isoformat(timespec="milliseconds")}
    return (json.dumps(document, indent=2) + "\n").encode()


def manifest_in(content: bytes) -> Manifest:
    """The manifest that a document holds.

    Raises:
        StorageUnavailable: it is none, or of a format that this release does not know.
    """
    try:
        document = json.loads(content)
        if document["format"] != FORMAT:
            raise StorageUnavailable(f"the backup has the format {document['format']}; this release knows {FORMAT}")
        return _read(document)
    except (ValueError, TypeError, LookupError, InvalidInput) as error:
        raise StorageUnavailable("the manifest of the backup cannot be read") from error


def _read(document: dict[str, Any]) -> Manifest:
    return Manifest(
        taken_at=datetime.fromisoformat(document["taken_at"]),
        revision=str(document["revision"]),
        last_event=int(document["last_event"]),
        database_sha256=str(document["database_sha256"]),
        tables={
            str(name): TableSum(count=int(table["count"]), sha256=str(table["sha256"]))
            for name, table in document["tables"].items()
        },
        file_count=int(document["file_count"]),
        file_bytes=int(document["file_bytes"]),
        damaged=tuple(
            DamagedFile(
                digest=parse_digest(one["digest"]),
                detail=str(one["detail"]),
                uses=tuple(str(use) for use in one["uses"]),
            )
            for one in document["damaged"]
        ),
    )
