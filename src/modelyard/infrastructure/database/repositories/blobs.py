"""Blobs in tables."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, func, insert, select, update

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import Blob
from modelyard.domain.digest import Digest
from modelyard.infrastructure.database.moments import to_ms
from modelyard.infrastructure.database.tables import blobs, version_files, versions

_PORTION = 500
"""How many digests one statement takes; databases bound the number of parameters."""

_LIVE = (
    select(blobs.c.id, blobs.c.digest, blobs.c.generation, blobs.c.size_bytes)
    .where(blobs.c.state == "live", blobs.c.digest.in_(bindparam("digests", expanding=True)))
    .with_for_update(read=True)
)
_EXTEND = (
    update(blobs)
    .where(blobs.c.id.in_(bindparam("blob_ids", expanding=True)), blobs.c.lease_until_ms < bindparam("until_ms"))
    .values(lease_until_ms=bindparam("until_ms"))
)
_ADD = insert(blobs).returning(blobs.c.id)

_of_version = version_files.alias("of_version")
_elsewhere = version_files.alias("elsewhere")
_FREED_BY_VERSION = select(func.coalesce(func.sum(blobs.c.size_bytes), 0)).where(
    blobs.c.id.in_(select(_of_version.c.blob_id).where(_of_version.c.version_id == bindparam("version_id"))),
    ~exists().where(_elsewhere.c.blob_id == blobs.c.id, _elsewhere.c.version_id != bindparam("version_id")),
)
_its = versions.alias("its")
_other = versions.alias("other")
_FREED_BY_MODEL = select(func.coalesce(func.sum(blobs.c.size_bytes), 0)).where(
    blobs.c.id.in_(
        select(_of_version.c.blob_id)
        .join(_its, _its.c.id == _of_version.c.version_id)
        .where(_its.c.model_id == bindparam("model_id"))
    ),
    ~exists()
    .where(_elsewhere.c.blob_id == blobs.c.id)
    .where(_other.c.id == _elsewhere.c.version_id, _other.c.model_id != bindparam("model_id")),
)


class SqlBlobs:
    """`Blobs` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def live(self, digests: Sequence[Digest]) -> Mapping[Digest, Blob]:
        """In portions of 500; the rows are locked where the database locks rows."""
        found: dict[Digest, Blob] = {}
        for portion in _portions(digests):
            for row in self._connection.execute(_LIVE, {"digests": portion}):
                blob = _blob_of(row)
                found[blob.key.digest] = blob
        return found

    def extend_lease(self, blob_ids: Sequence[int], until: datetime) -> None:
        """A condition of the statement keeps a longer lease."""
        self._connection.execute(_EXTEND, {"blob_ids": list(blob_ids), "until_ms": to_ms(until)})

    def add(self, key: BlobKey, size_bytes: int, *, by: str, at: datetime, lease_until: datetime) -> Blob:
        """A partial unique index holds the rule of one live row a digest."""
        held = self.live([key.digest]).get(key.digest)
        if held is not None:
            self.extend_lease([held.id], lease_until)
            return held
        values = {
            "digest": key.digest,
            "generation": key.generation,
            "state": "live",
            "size_bytes": size_bytes,
            "lease_until_ms": to_ms(lease_until),
            "created_at_ms": to_ms(at),
            "created_by": by,
        }
        return Blob(id=self._connection.execute(_ADD, values).scalar_one(), key=key, size_bytes=size_bytes)

    def freed_by_version(self, version_id: int) -> int:
        """Counts each blob once, however many of its files hold it."""
        return int(self._connection.execute(_FREED_BY_VERSION, {"version_id": version_id}).scalar_one())

    def freed_by_model(self, model_id: int) -> int:
        """Counts each blob once, however many of its versions hold it."""
        return int(self._connection.execute(_FREED_BY_MODEL, {"model_id": model_id}).scalar_one())


def _portions(digests: Sequence[Digest]) -> Iterator[list[Digest]]:
    for start in range(0, len(digests), _PORTION):
        yield list(digests[start : start + _PORTION])


def _blob_of(row: Row[*tuple[Any, ...]]) -> Blob:
    blob_id, digest, generation, size_bytes = row
    return Blob(id=blob_id, key=BlobKey(digest=Digest(digest), generation=generation), size_bytes=size_bytes)
