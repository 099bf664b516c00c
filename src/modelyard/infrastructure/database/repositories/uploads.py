"""Uploads in tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update

from modelyard.application.ports.uploads import Upload
from modelyard.domain.digest import Digest
from modelyard.domain.errors import UploadNotFound
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.tables import uploads

_ADD = insert(uploads)
_GET = select(uploads).where(uploads.c.id == bindparam("upload_id"), uploads.c.expires_at_ms > bindparam("at_ms"))
_THIS = uploads.c.id == bindparam("upload_id")
_MINE = uploads.c.writer == bindparam("by_writer")
_CLAIM = (
    update(uploads)
    .where(_THIS, or_(uploads.c.writer.is_(None), uploads.c.writer_until_ms < bindparam("at_ms")))
    .values(writer=bindparam("by_writer"), writer_until_ms=bindparam("until_ms"))
)
_ADVANCE = (
    update(uploads)
    .where(_THIS, _MINE)
    .values(
        offset_bytes=bindparam("to_offset"),
        writer_until_ms=bindparam("until_ms"),
        expires_at_ms=bindparam("new_expires_at_ms"),
    )
)
_RELEASE = update(uploads).where(_THIS, _MINE).values(writer=None, writer_until_ms=None)
_DELETE = delete(uploads).where(_THIS)
_IS_LEFT = (
    uploads.c.expires_at_ms <= bindparam("at_ms"),
    or_(uploads.c.writer.is_(None), uploads.c.writer_until_ms < bindparam("at_ms")),
)
_EXPIRED = select(func.count(), func.coalesce(func.sum(uploads.c.offset_bytes), 0)).where(*_IS_LEFT)
_SOME_EXPIRED = (
    select(uploads)
    .where(*_IS_LEFT)
    .order_by(uploads.c.expires_at_ms)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_DELETE_SOME = delete(uploads).where(uploads.c.id.in_(bindparam("upload_ids", expanding=True)))
_NAMED = select(uploads.c.id).where(uploads.c.id.in_(bindparam("upload_ids", expanding=True)))


class SqlUploads:
    """`Uploads` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, upload: Upload) -> None:
        """Without a writer."""
        values = {
            "id": upload.id,
            "size_bytes": upload.size_bytes,
            "digest": upload.digest,
            "offset_bytes": upload.offset_bytes,
            "created_at_ms": to_ms(upload.created_at),
            "created_by": upload.created_by,
            "expires_at_ms": to_ms(upload.expires_at),
        }
        self._connection.execute(_ADD, values)

    def get(self, upload_id: str, *, at: datetime) -> Upload:
        """By primary key; one that has expired is there until it is collected, and not found."""
        row = self._connection.execute(_GET, {"upload_id": upload_id, "at_ms": to_ms(at)}).first()
        if row is None:
            raise UploadNotFound(f"there is no upload {upload_id[:100]!r}, or it has ended")
        return _upload_of(row)

    def claim(self, upload_id: str, writer: str, *, at: datetime, until: datetime) -> bool:
        """One conditional update: of several that claim at once, one wins."""
        values = {"upload_id": upload_id, "by_writer": writer, "at_ms": to_ms(at), "until_ms": to_ms(until)}
        return self._connection.execute(_CLAIM, values).rowcount == 1

    def advance(self, upload_id: str, writer: str, offset_bytes: int, *, until: datetime, expires_at: datetime) -> bool:
        """One update, on the condition that the claim is held."""
        values = {
            "upload_id": upload_id,
            "by_writer": writer,
            "to_offset": offset_bytes,
            "new_expires_at_ms": to_ms(expires_at),
            "until_ms": to_ms(until),
        }
        return self._connection.execute(_ADVANCE, values).rowcount == 1

    def release(self, upload_id: str, writer: str) -> None:
        """A claim that another took over meanwhile stays theirs."""
        self._connection.execute(_RELEASE, {"upload_id": upload_id, "by_writer": writer})

    def delete(self, upload_id: str) -> None:
        """By primary key."""
        self._connection.execute(_DELETE, {"upload_id": upload_id})

    def expired(self, *, at: datetime) -> tuple[int, int]:
        """From the index of expiry."""
        count, offset_bytes = self._connection.execute(_EXPIRED, {"at_ms": to_ms(at)}).one()
        return int(count), int(offset_bytes)

    def expire(self, *, at: datetime, limit: int) -> Sequence[Upload]:
        """Held first: a writer that comes meanwhile waits, and then finds nothing."""
        rows = self._connection.execute(_SOME_EXPIRED, {"at_ms": to_ms(at), "at_most": limit}).all()
        self._connection.execute(_DELETE_SOME, {"upload_ids": [row.id for row in rows]})
        return [_upload_of(row) for row in rows]

    def named(self, tokens: Sequence[str]) -> frozenset[str]:
        """By primary key."""
        return frozenset(self._connection.execute(_NAMED, {"upload_ids": list(tokens)}).scalars())


def _upload_of(row: Row[*tuple[Any, ...]]) -> Upload:
    return Upload(
        id=row.id,
        size_bytes=row.size_bytes,
        digest=None if row.digest is None else Digest(row.digest),
        offset_bytes=row.offset_bytes,
        created_by=row.created_by,
        created_at=from_ms(row.created_at_ms),
        expires_at=from_ms(row.expires_at_ms),
    )
