"""Files that no row names, in a table."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Insert, Table, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import Blob, BlobState
from modelyard.domain.digest import Digest
from modelyard.infrastructure.database.moments import to_ms
from modelyard.infrastructure.database.tables import blobs, orphans

_Insert = Callable[[Table], sqlite.Insert] | Callable[[Table], postgresql.Insert]


def _sight(insert_into: _Insert) -> Insert:
    statement = insert_into(orphans)
    return statement.on_conflict_do_update(
        index_elements=["digest", "generation"], set_={"last_seen_ms": statement.excluded.last_seen_ms}
    )


_SIGHT = {"sqlite": _sight(sqlite.insert), "postgresql": _sight(postgresql.insert)}
_LOSE_SIGHT = delete(orphans).where(orphans.c.last_seen_ms < bindparam("before_ms"))
_IS_AGED = orphans.c.first_seen_ms <= bindparam("by_ms")
_AGED = select(func.count(), func.coalesce(func.sum(orphans.c.size_bytes), 0)).where(_IS_AGED)
_SOME_AGED = (
    select(orphans.c.digest, orphans.c.generation, orphans.c.size_bytes)
    .where(_IS_AGED)
    .order_by(orphans.c.first_seen_ms)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_NAMED = select(blobs.c.id).where(
    blobs.c.digest == bindparam("of_digest"), blobs.c.generation == bindparam("of_generation")
)
_TAKE = insert(blobs).returning(blobs.c.id)
_FORGET = delete(orphans).where(
    orphans.c.digest == bindparam("of_digest"), orphans.c.generation == bindparam("of_generation")
)


class SqlOrphans:
    """`Orphans` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sight(self, sizes: Mapping[BlobKey, int], *, at: datetime) -> None:
        """One statement for many."""
        rows = [
            {
                "digest": key.digest,
                "generation": key.generation,
                "size_bytes": size_bytes,
                "first_seen_ms": to_ms(at),
                "last_seen_ms": to_ms(at),
            }
            for key, size_bytes in sizes.items()
        ]
        if rows:
            self._connection.execute(_SIGHT[self._connection.dialect.name], rows)

    def lose_sight(self, *, before: datetime) -> None:
        """One statement."""
        self._connection.execute(_LOSE_SIGHT, {"before_ms": to_ms(before)})

    def aged(self, *, first_seen_by: datetime) -> tuple[int, int]:
        """One statement."""
        count, size_bytes = self._connection.execute(_AGED, {"by_ms": to_ms(first_seen_by)}).one()
        return int(count), int(size_bytes)

    def condemn(self, *, first_seen_by: datetime, at: datetime, limit: int) -> Sequence[Blob]:
        """The unique constraint on digest and generation is what refuses a late upload."""
        aged = self._connection.execute(_SOME_AGED, {"by_ms": to_ms(first_seen_by), "at_most": limit}).all()
        return [
            taken
            for digest, generation, size_bytes in aged
            if (taken := self._take(BlobKey(digest=Digest(digest), generation=generation), size_bytes, at)) is not None
        ]

    def _take(self, key: BlobKey, size_bytes: int, at: datetime) -> Blob | None:
        of_key = {"of_digest": key.digest, "of_generation": key.generation}
        self._connection.execute(_FORGET, of_key)
        if self._connection.execute(_NAMED, of_key).first() is not None:
            return None
        row = {
            "digest": key.digest,
            "generation": key.generation,
            "state": BlobState.DELETING.value,
            "size_bytes": size_bytes,
            "lease_until_ms": to_ms(at),
            "created_at_ms": to_ms(at),
            "created_by": "",
        }
        blob_id = self._connection.execute(_TAKE, row).scalar_one()
        return Blob(id=blob_id, key=key, size_bytes=size_bytes, state=BlobState.DELETING)
