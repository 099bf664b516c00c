"""Blobs in tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, insert, select, update

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import Blob, BlobState, BlobUse
from modelyard.domain.digest import Digest
from modelyard.infrastructure.database.moments import to_ms
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.tables import blobs, models, version_files, versions

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
_QUARANTINED = Prepared(select(blobs.c.id).where(blobs.c.digest == bindparam("digest"), blobs.c.state == "quarantined"))
_TAKE_OVER = (
    update(version_files)
    .where(
        version_files.c.blob_id.in_(
            select(blobs.c.id).where(blobs.c.digest == bindparam("of_digest"), blobs.c.state == "quarantined")
        )
    )
    .values(blob_id=bindparam("new_blob_id"))
)

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


_ids = blobs.c.id.in_(bindparam("blob_ids", expanding=True))
_ROW = (blobs.c.id, blobs.c.digest, blobs.c.generation, blobs.c.size_bytes, blobs.c.state)
_is_free = (blobs.c.state != "deleting", blobs.c.lease_until_ms <= bindparam("at_ms"))
_is_unreferenced = ~exists().where(version_files.c.blob_id == blobs.c.id)
_page = select(*_ROW).where(blobs.c.id > bindparam("beyond")).order_by(blobs.c.id).limit(bindparam("at_most"))
_UNREFERENCED = _page.where(*_is_free, _is_unreferenced)
_CONDEMNED = _page.where(blobs.c.state == "deleting")
_KEPT = _page.where(blobs.c.state != "deleting")
_HOLD = select(blobs.c.id).where(_ids, *_is_free).with_for_update(skip_locked=True)
_CONDEMN = update(blobs).where(_ids, *_is_free, _is_unreferenced).values(state="deleting").returning(*_ROW)
_FORGET = delete(blobs).where(_ids, blobs.c.state == "deleting")
_NAMED = select(*_ROW).where(blobs.c.digest.in_(bindparam("digests", expanding=True)))
_USES = (
    select(models.c.name, versions.c.number, version_files.c.path)
    .join(versions, versions.c.id == version_files.c.version_id)
    .join(models, models.c.id == versions.c.model_id)
    .where(version_files.c.blob_id == bindparam("of_blob"))
    .order_by(models.c.name, versions.c.number, version_files.c.path)
)
_QUARANTINE = (
    update(blobs).where(blobs.c.id == bindparam("of_blob"), blobs.c.state == "live").values(state="quarantined")
)
_successor = blobs.alias("successor")
_RELEASE = (
    update(blobs)
    .where(
        blobs.c.id == bindparam("of_blob"),
        blobs.c.state == "quarantined",
        ~exists().where(_successor.c.digest == blobs.c.digest, _successor.c.state == "live"),
    )
    .values(state="live")
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
        blob_id: int = self._connection.execute(_ADD, values).scalar_one()
        if _QUARANTINED.first(self._connection, {"digest": key.digest}) is not None:
            self._connection.execute(_TAKE_OVER, {"of_digest": key.digest, "new_blob_id": blob_id})
        return Blob(id=blob_id, key=key, size_bytes=size_bytes)

    def freed_by_version(self, version_id: int) -> int:
        """Counts each blob once, however many of its files hold it."""
        return int(self._connection.execute(_FREED_BY_VERSION, {"version_id": version_id}).scalar_one())

    def freed_by_model(self, model_id: int) -> int:
        """Counts each blob once, however many of its versions hold it."""
        return int(self._connection.execute(_FREED_BY_MODEL, {"model_id": model_id}).scalar_one())

    def unreferenced(self, *, at: datetime, beyond: int, limit: int) -> Sequence[Blob]:
        """Walks the table by id, and asks the index of references for each row."""
        values = {"at_ms": to_ms(at), "beyond": beyond, "at_most": limit}
        return [_blob_of(row) for row in self._connection.execute(_UNREFERENCED, values)]

    def condemn(self, blob_ids: Sequence[int], *, at: datetime) -> Sequence[Blob]:
        """Holds the rows first, and then looks for references anew: none can come any more."""
        values = {"blob_ids": list(blob_ids), "at_ms": to_ms(at)}
        held = self._connection.execute(_HOLD, values).scalars().all()
        moved = self._connection.execute(_CONDEMN, {**values, "blob_ids": held})
        return [_blob_of(row) for row in moved]

    def condemned(self, *, beyond: int, limit: int) -> Sequence[Blob]:
        """Walks the table by id: there are few of them, and each would cost an index entry."""
        return [_blob_of(row) for row in self._connection.execute(_CONDEMNED, {"beyond": beyond, "at_most": limit})]

    def forget(self, blob_ids: Sequence[int]) -> None:
        """By primary key."""
        self._connection.execute(_FORGET, {"blob_ids": list(blob_ids)})

    def named(self, keys: Sequence[BlobKey]) -> Mapping[BlobKey, Blob]:
        """By digest, of which there are hardly two generations at a time."""
        wanted = set(keys)
        rows = self._connection.execute(_NAMED, {"digests": list({key.digest for key in wanted})})
        return {blob.key: blob for row in rows if (blob := _blob_of(row)).key in wanted}

    def kept(self, *, beyond: int, limit: int) -> Sequence[Blob]:
        """By primary key."""
        return [_blob_of(row) for row in self._connection.execute(_KEPT, {"beyond": beyond, "at_most": limit})]

    def uses(self, blob_id: int) -> Sequence[BlobUse]:
        """From the index of references."""
        rows = self._connection.execute(_USES, {"of_blob": blob_id})
        return [BlobUse(model=row.name, version=row.number, path=row.path) for row in rows]

    def quarantine(self, blob_id: int) -> bool:
        """One conditional update."""
        return self._connection.execute(_QUARANTINE, {"of_blob": blob_id}).rowcount == 1

    def release(self, blob_id: int) -> bool:
        """One conditional update; the partial unique index holds the rule where two come at once."""
        return self._connection.execute(_RELEASE, {"of_blob": blob_id}).rowcount == 1


def _blob_of(row: Row[*tuple[Any, ...]]) -> Blob:
    key = BlobKey(digest=Digest(row.digest), generation=row.generation)
    return Blob(id=row.id, key=key, size_bytes=row.size_bytes, state=BlobState(row.state))
