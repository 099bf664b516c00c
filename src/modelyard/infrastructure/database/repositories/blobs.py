"""Blobs in tables."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Insert,
    Row,
    Table,
    Text,
    any_,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import Blob, BlobState, BlobUse
from modelyard.domain.digest import Digest
from modelyard.infrastructure.database.moments import to_ms
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.tables import blobs, models, version_files, versions


def _later(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one < other, other), else_=one)


_LIVE = Prepared(
    select(blobs.c.id, blobs.c.generation, blobs.c.size_bytes).where(
        blobs.c.state == "live", blobs.c.digest == bindparam("of_digest")
    )
)
_RENEW = Prepared(
    update(blobs)
    .where(blobs.c.state == "live", blobs.c.digest == bindparam("of_digest"))
    .values(lease_until_ms=_later(blobs.c.lease_until_ms, bindparam("until_ms")))
    .returning(blobs.c.id, blobs.c.generation, blobs.c.size_bytes)
)

_IS_AMONG = (blobs.c.state == "live", blobs.c.digest == any_(bindparam("digests", type_=postgresql.ARRAY(Text))))
_LIVE_AMONG = (
    select(blobs.c.digest, blobs.c.id, blobs.c.generation, blobs.c.size_bytes)
    .where(*_IS_AMONG)
    .order_by(blobs.c.digest)
    .with_for_update(read=True)
)
_held = select(blobs.c.id).where(*_IS_AMONG).order_by(blobs.c.digest).with_for_update().cte("held")
_RENEW_AMONG = (
    update(blobs)
    .where(blobs.c.id == _held.c.id)
    .values(lease_until_ms=_later(blobs.c.lease_until_ms, bindparam("until_ms")))
    .returning(blobs.c.digest, blobs.c.id, blobs.c.generation, blobs.c.size_bytes)
)


def _add(insert: Callable[[Table], sqlite.Insert] | Callable[[Table], postgresql.Insert]) -> Insert:
    statement = insert(blobs)
    longest = _later(blobs.c.lease_until_ms, statement.excluded.lease_until_ms)
    return statement.on_conflict_do_update(
        index_elements=["digest"], index_where=text("state = 'live'"), set_={"lease_until_ms": longest}
    ).returning(blobs.c.id, blobs.c.generation, blobs.c.size_bytes)


_ADD = {"sqlite": _add(sqlite.insert), "postgresql": _add(postgresql.insert)}
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
        return self._found(_LIVE, _LIVE_AMONG, digests, {})

    def renew(self, digests: Sequence[Digest], until: datetime) -> Mapping[Digest, Blob]:
        """An update from the start: two that had shared a lock would each wait for the other's end."""
        return self._found(_RENEW, _RENEW_AMONG, digests, {"until_ms": to_ms(until)})

    def _found(
        self, one: Prepared, among: Executable, digests: Sequence[Digest], parameters: Mapping[str, int]
    ) -> Mapping[Digest, Blob]:
        """One by one on SQLite, where a list of unknown length costs more than many small statements; else at once.

        In one order for all, so that no two who lock several of them each wait for the other.
        """
        if self._connection.dialect.name != "sqlite":
            rows = self._connection.execute(among, {**parameters, "digests": list(digests)})
            return {Digest(digest): _blob_of(Digest(digest), row) for digest, *row in rows}
        found: dict[Digest, Blob] = {}
        for digest in digests:
            row = one.first(self._connection, {**parameters, "of_digest": digest})
            if row is not None:
                found[digest] = _blob_of(digest, row)
        return found

    def add(self, key: BlobKey, size_bytes: int, *, by: str, at: datetime, lease_until: datetime) -> Blob:
        """A partial unique index holds the rule of one live row a digest, also between two who add at once."""
        values = {
            "digest": key.digest,
            "generation": key.generation,
            "state": "live",
            "size_bytes": size_bytes,
            "lease_until_ms": to_ms(lease_until),
            "created_at_ms": to_ms(at),
            "created_by": by,
        }
        row = self._connection.execute(_ADD[self._connection.dialect.name], values).one()
        blob = _blob_of(key.digest, row)
        if blob.key == key and _QUARANTINED.first(self._connection, {"digest": key.digest}) is not None:
            self._connection.execute(_TAKE_OVER, {"of_digest": key.digest, "new_blob_id": blob.id})
        return blob

    def freed_by_version(self, version_id: int) -> int:
        """Counts each blob once, however many of its files hold it."""
        return int(self._connection.execute(_FREED_BY_VERSION, {"version_id": version_id}).scalar_one())

    def freed_by_model(self, model_id: int) -> int:
        """Counts each blob once, however many of its versions hold it."""
        return int(self._connection.execute(_FREED_BY_MODEL, {"model_id": model_id}).scalar_one())

    def unreferenced(self, *, at: datetime, beyond: int, limit: int) -> Sequence[Blob]:
        """Walks the table by id, and asks the index of references for each row."""
        values = {"at_ms": to_ms(at), "beyond": beyond, "at_most": limit}
        return [_recorded(row) for row in self._connection.execute(_UNREFERENCED, values)]

    def condemn(self, blob_ids: Sequence[int], *, at: datetime) -> Sequence[Blob]:
        """Holds the rows first, and then looks for references anew: none can come any more."""
        values = {"blob_ids": list(blob_ids), "at_ms": to_ms(at)}
        held = self._connection.execute(_HOLD, values).scalars().all()
        moved = self._connection.execute(_CONDEMN, {**values, "blob_ids": held})
        return [_recorded(row) for row in moved]

    def condemned(self, *, beyond: int, limit: int) -> Sequence[Blob]:
        """Walks the table by id: there are few of them, and each would cost an index entry."""
        return [_recorded(row) for row in self._connection.execute(_CONDEMNED, {"beyond": beyond, "at_most": limit})]

    def forget(self, blob_ids: Sequence[int]) -> None:
        """By primary key."""
        self._connection.execute(_FORGET, {"blob_ids": list(blob_ids)})

    def named(self, keys: Sequence[BlobKey]) -> Mapping[BlobKey, Blob]:
        """By digest, of which there are hardly two generations at a time."""
        wanted = set(keys)
        rows = self._connection.execute(_NAMED, {"digests": list({key.digest for key in wanted})})
        return {blob.key: blob for row in rows if (blob := _recorded(row)).key in wanted}

    def kept(self, *, beyond: int, limit: int) -> Sequence[Blob]:
        """By primary key."""
        return [_recorded(row) for row in self._connection.execute(_KEPT, {"beyond": beyond, "at_most": limit})]

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


def _recorded(row: Row[*tuple[Any, ...]]) -> Blob:
    key = BlobKey(digest=Digest(row.digest), generation=row.generation)
    return Blob(id=row.id, key=key, size_bytes=row.size_bytes, state=BlobState(row.state))


def _blob_of(digest: Digest, row: Sequence[Any]) -> Blob:
    blob_id, generation, size_bytes = row
    return Blob(id=blob_id, key=BlobKey(digest=digest, generation=generation), size_bytes=size_bytes)
