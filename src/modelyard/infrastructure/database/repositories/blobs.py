"""Blobs in tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import Blob
from modelyard.domain.digest import Digest
from modelyard.infrastructure.database.moments import to_ms
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.tables import blobs, version_files, versions

_LIVE = Prepared(
    select(blobs.c.id, blobs.c.generation, blobs.c.size_bytes)
    .where(blobs.c.state == "live", blobs.c.digest == bindparam("digest"))
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
        """One by one: a version has few files, and a list of unknown length costs more than many small statements."""
        found: dict[Digest, Blob] = {}
        for digest in digests:
            row = _LIVE.first(self._connection, {"digest": digest})
            if row is not None:
                key = BlobKey(digest=digest, generation=row[1])
                found[digest] = Blob(id=row[0], key=key, size_bytes=row[2])
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
