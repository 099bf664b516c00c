"""Collecting what nothing refers to: files, uploads, staged bytes and remembered answers."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from modelyard.application.ports.blob_store import BlobKey, BlobStore
from modelyard.application.ports.blobs import Blob
from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.uploads import Upload
from modelyard.domain.errors import StorageFull, StorageUnavailable

TASK = "collection"
"""What a collector leads while it works, so that there is one at a time on a database."""

BATCH = 100
"""Rows that one transaction changes at most, so that it is short."""

_LOOK = 500
"""Rows or names that one look reads at most."""

_FAILURES = 10
"""Files in a row that resist before the store is held to be out of order."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many of a kind went, or would go; `size_bytes` is `None` where nobody knows it."""

    count: int = 0
    size_bytes: int | None = 0

    def plus(self, count: int, size_bytes: int | None = 0) -> "Tally":
        """With these added."""
        known = self.size_bytes is not None and size_bytes is not None
        total = (self.size_bytes or 0) + (size_bytes or 0) if known else None
        return Tally(count=self.count + count, size_bytes=total)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionReport:
    """What one cycle deleted, or what a survey found that a cycle would delete.

    `blobs` are files that no version refers to, `orphans` files that no row names, `staging` staged bytes that no
    upload names. `undeleted` counts files that the store could not delete; the next cycle tries again.
    """

    answers: Tally = field(default_factory=Tally)
    uploads: Tally = field(default_factory=Tally)
    blobs: Tally = field(default_factory=Tally)
    orphans: Tally = field(default_factory=Tally)
    staging: Tally = field(default_factory=Tally)
    undeleted: int = 0

    @property
    def kinds(self) -> Mapping[str, Tally]:
        """The tallies by name, what takes most space first."""
        names = ("blobs", "orphans", "uploads", "staging", "answers")
        return {name: getattr(self, name) for name in names}

    @property
    def size_bytes(self) -> int:
        """All that is known to be free; staged bytes without an upload and answers come on top."""
        return sum(tally.size_bytes or 0 for tally in self.kinds.values())


class Collection:
    """Deletes what is dead, in small steps that lose nothing alive wherever they are interrupted.

    A blob goes in three steps: its row moves to `deleting` where no reference and no lease is left, its file is
    deleted, its row goes. What another collector left behind between two of them is finished by the next. A file that
    no row names gets such a row first, once it is `orphan_age` old.
    """

    def __init__(self, database: Database, blob_store: BlobStore, *, orphan_age: timedelta) -> None:
        self._database = database
        self._blob_store = blob_store
        self._orphan_age = orphan_age

    async def run(self) -> CollectionReport | None:
        """One cycle over everything; `None` where another collector is at work on this database.

        Raises:
            StorageUnavailable, StorageFull: the store cannot be listed, or deletes nothing.
        """
        async with self._database.leading(TASK) as is_leading:
            return await self._cycle() if is_leading else None

    async def survey(self) -> CollectionReport:
        """What a cycle would delete now; changes nothing.

        Orphans are those that earlier cycles have seen often enough: a survey does not count their age.
        """
        answers, uploads, orphans = await self._database.scan(_expired, self._orphan_age)
        return CollectionReport(
            answers=answers,
            uploads=uploads,
            blobs=await self._dead_blobs(),
            orphans=orphans,
            staging=Tally(count=len([token async for token in self._stale_tokens()]), size_bytes=None),
        )

    async def _cycle(self) -> CollectionReport:
        """What needs the database alone comes first, so that a failing store keeps nothing else from being done."""
        answers = await self._drop_answers()
        uploads = await self._drop_uploads()
        blobs, undeleted_blobs = await self._delete_blobs()
        orphans, undeleted_orphans = await self._delete_orphans()
        staging = await self._drop_staging()
        return CollectionReport(
            answers=answers,
            uploads=uploads,
            blobs=blobs,
            orphans=orphans,
            staging=staging,
            undeleted=undeleted_blobs + undeleted_orphans,
        )

    async def _drop_answers(self) -> Tally:
        tally = Tally(size_bytes=None)
        while dropped := await self._database.sweep(_expire_answers):
            tally = tally.plus(dropped)
        return tally

    async def _drop_uploads(self) -> Tally:
        """The row first: without it no writer can add to the bytes. A crash in between leaves stale staged bytes."""
        tally = Tally()
        while expired := await self._database.sweep(_expire_uploads):
            for upload in expired:
                await self._blob_store.discard(upload.id)
            tally = tally.plus(len(expired), sum(upload.offset_bytes for upload in expired))
        return tally

    async def _delete_blobs(self) -> tuple[Tally, int]:
        beyond = 0
        while found := await self._database.scan(_unreferenced, beyond):
            for start in range(0, len(found), BATCH):
                await self._database.sweep(_condemn, [blob.id for blob in found[start : start + BATCH]])
            beyond = found[-1].id
        tally, undeleted, beyond = Tally(), 0, 0
        while condemned := await self._database.scan(_condemned, beyond):
            deleted = await self._delete(condemned)
            tally = tally.plus(len(deleted), sum(blob.size_bytes for blob in deleted))
            undeleted += len(condemned) - len(deleted)
            beyond = condemned[-1].id
        return tally, undeleted

    async def _delete_orphans(self) -> tuple[Tally, int]:
        began_at = await self._database.read(_now)
        async for orphans in self._unnamed():
            await self._database.sweep(_sight, orphans)
        await self._database.sweep(_lose_sight, began_at)
        tally, undeleted = Tally(), 0
        while condemned := await self._database.sweep(_condemn_orphans, self._orphan_age):
            deleted = await self._delete(condemned)
            tally = tally.plus(len(deleted), sum(blob.size_bytes for blob in deleted))
            undeleted += len(condemned) - len(deleted)
        return tally, undeleted

    async def _drop_staging(self) -> Tally:
        """Safe even where the bytes are of an upload after all: that upload fails, and says so."""
        tally = Tally(size_bytes=None)
        async for token in self._stale_tokens():
            await self._blob_store.discard(token)
            tally = tally.plus(1)
        return tally

    async def _delete(self, condemned: Sequence[Blob]) -> Sequence[Blob]:
        """Delete files, then their rows; returns the blobs that are gone. One file that resists holds up no other.

        Raises:
            StorageUnavailable, StorageFull: many in a row could not be deleted.
        """
        deleted: list[Blob] = []
        failures = 0
        for blob in condemned:
            try:
                await self._blob_store.delete(blob.key)
            except (StorageUnavailable, StorageFull):
                failures += 1
                logger.warning("a file could not be deleted: %s.%s", blob.key.digest, blob.key.generation)
                if failures == _FAILURES:
                    raise
            else:
                deleted.append(blob)
                failures = 0
        await self._database.sweep(_forget, [blob.id for blob in deleted])
        return deleted

    async def _dead_blobs(self) -> Tally:
        tally = Tally()
        for look in (_unreferenced, _condemned):
            beyond = 0
            while found := await self._database.scan(look, beyond):
                tally = tally.plus(len(found), sum(blob.size_bytes for blob in found))
                beyond = found[-1].id
        return tally

    async def _unnamed(self) -> AsyncIterator[Mapping[BlobKey, int]]:
        """Files that no row names, with their sizes, some at a time."""
        async for sizes in listed(self._blob_store):
            named = await self._database.scan(_named, list(sizes))
            if len(named) < len(sizes):
                yield {key: size_bytes for key, size_bytes in sizes.items() if key not in named}

    async def _stale_tokens(self) -> AsyncIterator[str]:
        """Staged bytes that were not written to for the age of orphans, and that no upload names."""
        stale: list[str] = []
        async for token, idle_seconds in self._blob_store.staged():
            if idle_seconds >= self._orphan_age.total_seconds():
                stale.append(token)
        for start in range(0, len(stale), _LOOK):
            tokens = stale[start : start + _LOOK]
            named = await self._database.scan(_uploads_named, tokens)
            for token in tokens:
                if token not in named:
                    yield token


async def listed(blob_store: BlobStore) -> AsyncIterator[Mapping[BlobKey, int]]:
    """Every file of a store with its size in bytes, some hundred at a time."""
    sizes: dict[BlobKey, int] = {}
    async for key, size_bytes in blob_store.stored():
        sizes[key] = size_bytes
        if len(sizes) >= _LOOK:
            yield sizes
            sizes = {}
    if sizes:
        yield sizes


def _now(tx: Transaction) -> datetime:
    return tx.now


def _expired(tx: Transaction, orphan_age: timedelta) -> tuple[Tally, Tally, Tally]:
    answers = tx.answers.expired(at=tx.now)
    uploads, upload_bytes = tx.uploads.expired(at=tx.now)
    orphans, orphan_bytes = tx.orphans.aged(first_seen_by=tx.now - orphan_age)
    return (
        Tally(count=answers, size_bytes=None),
        Tally(count=uploads, size_bytes=upload_bytes),
        Tally(count=orphans, size_bytes=orphan_bytes),
    )


def _expire_answers(tx: Transaction) -> int:
    return tx.answers.expire(at=tx.now, limit=BATCH)


def _expire_uploads(tx: Transaction) -> Sequence[Upload]:
    return tx.uploads.expire(at=tx.now, limit=BATCH)


def _unreferenced(tx: Transaction, beyond: int) -> Sequence[Blob]:
    return tx.blobs.unreferenced(at=tx.now, beyond=beyond, limit=_LOOK)


def _condemn(tx: Transaction, blob_ids: Sequence[int]) -> Sequence[Blob]:
    return tx.blobs.condemn(blob_ids, at=tx.now)


def _condemned(tx: Transaction, beyond: int) -> Sequence[Blob]:
    return tx.blobs.condemned(beyond=beyond, limit=BATCH)


def _forget(tx: Transaction, blob_ids: Sequence[int]) -> None:
    tx.blobs.forget(blob_ids)


def _named(tx: Transaction, keys: Sequence[BlobKey]) -> Mapping[BlobKey, Blob]:
    return tx.blobs.named(keys)


def _sight(tx: Transaction, sizes: Mapping[BlobKey, int]) -> None:
    tx.orphans.sight(sizes, at=tx.now)


def _lose_sight(tx: Transaction, before: datetime) -> None:
    tx.orphans.lose_sight(before=before)


def _condemn_orphans(tx: Transaction, orphan_age: timedelta) -> Sequence[Blob]:
    return tx.orphans.condemn(first_seen_by=tx.now - orphan_age, at=tx.now, limit=BATCH)


def _uploads_named(tx: Transaction, tokens: Sequence[str]) -> frozenset[str]:
    return tx.uploads.named(tokens)
