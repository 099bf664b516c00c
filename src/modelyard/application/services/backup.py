"""Backups of a registry, while it is served."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from modelyard.application.ports.backups import Backups, Manifest
from modelyard.application.ports.blob_store import BlobStore
from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.rows import DamagedFile, RowSnapshot, RowSource, TableSum
from modelyard.application.services.carrying import Carriage, CarriedFiles, Parcel, named
from modelyard.application.services.holding import collector_held_off
from modelyard.domain.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What went of a place for backups: points, and files that no point refers to any more."""

    points: tuple[str, ...] = ()
    file_count: int = 0
    file_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """A point in time that was made; `manifest.damaged` is what it could not hold."""

    point: str
    manifest: Manifest
    carried: CarriedFiles
    pruned: Pruned


class Backup:
    """Makes points in time: all rows first, as one snapshot, then the files that they name.

    Rows and files of one moment agree because no file is deleted from before the snapshot until the last one is
    copied. A point is seen when all of it is durable; a damaged file is left out, and told.
    """

    def __init__(
        self,
        database: Database,
        rows: RowSource,
        blob_store: BlobStore,
        backups: Backups,
        tell: Callable[[CarriedFiles], None],
    ) -> None:
        self._database = database
        self._rows = rows
        self._blob_store = blob_store
        self._backups = backups
        self._tell = tell

    async def run(self, *, keep: int | None = None) -> BackupReport:
        """Make a point; then remove older ones but for the newest `keep` whole ones, if this one is whole.

        Raises:
            DatabaseUnavailable, StorageUnavailable, StorageFull: it cannot be made; what was copied is used next time.
        """
        with self._backups.alone():
            await self._drop_staging()
            async with collector_held_off(self._database):
                taken_at = await self._database.read(_now)
                point = await asyncio.to_thread(self._backups.begin, taken_at)
                tables, sha256, revision, last_event = await asyncio.to_thread(self._save, point)
                carried, sizes, damaged = await self._carry(point)
            manifest = Manifest(
                taken_at=taken_at,
                revision=revision,
                last_event=last_event,
                database_sha256=sha256,
                tables=tables,
                file_count=len(sizes),
                file_bytes=sum(sizes),
                damaged=damaged,
            )
            await asyncio.to_thread(self._backups.finish, point, manifest)
            pruned = Pruned() if keep is None or manifest.damaged else await prune(self._backups, keep)
        return BackupReport(point=point, manifest=manifest, carried=carried, pruned=pruned)

    def _save(self, point: str) -> tuple[Mapping[str, TableSum], str, str, int]:
        with self._rows.snapshot() as snapshot:
            tables, sha256 = self._backups.save(point, snapshot)
            return tables, sha256, snapshot.revision, snapshot.last_event()

    async def _carry(self, point: str) -> tuple[CarriedFiles, Collection[int], tuple[DamagedFile, ...]]:
        """What was carried, the sizes of all files that the rows name, and what is damaged of them."""
        carriage = Carriage(self._blob_store, self._backups.files, self._tell)
        with self._backups.rows(point).snapshot() as snapshot:
            carried = await carriage.bring(self._parcels(snapshot))
            return carried, carriage.sizes.values(), named(carried.damages, snapshot)

    def _parcels(self, snapshot: RowSnapshot) -> Iterator[Parcel]:
        for blobs in snapshot.kept_blobs():
            for blob in blobs:
                key = self._backups.key_of(blob.key.digest)
                yield Parcel(source=blob.key, target=key, size_bytes=blob.size_bytes, blob_id=blob.id)

    async def _drop_staging(self) -> None:
        """What backups that were killed left: no collector comes here."""
        await self._backups.files.open()
        for token in [token async for token, _ in self._backups.files.staged()]:
            await self._backups.files.discard(token)


async def prune(backups: Backups, keep: int) -> Pruned:
    """Remove what is older than the newest `keep` whole points, and files that no point names any more.

    Points first: a crash in between leaves files that the next run removes.
    """
    points = backups.points()
    sound = [point for point in points if not backups.manifest(point).damaged]
    old = [point for point in points if point < sound[-keep]] if len(sound) > keep else []
    for point in old:
        await asyncio.to_thread(backups.remove, point)
    needed = await asyncio.to_thread(_digests_of, backups)
    unneeded = [found async for found in backups.files.stored() if found[0].digest not in needed]
    for key, _ in unneeded:
        await backups.files.delete(key)
    return Pruned(points=tuple(old), file_count=len(unneeded), file_bytes=sum(size for _, size in unneeded))


def _digests_of(backups: Backups) -> set[Digest]:
    digests: set[Digest] = set()
    for point in backups.points():
        with backups.rows(point).snapshot() as snapshot:
            for blobs in snapshot.kept_blobs():
                digests.update(blob.key.digest for blob in blobs)
    return digests


def _now(tx: Transaction) -> datetime:
    return tx.now
