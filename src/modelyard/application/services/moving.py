"""Bringing a whole registry into an empty database and a store: from a backup, or from another database and store."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from modelyard.application.ports.blob_store import BlobKey, BlobStore
from modelyard.application.ports.rows import DamagedFile, RowSnapshot, RowSource, RowTarget, TableSum
from modelyard.application.services.carrying import Carriage, CarriedFiles, Parcel, named


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveReport:
    """What was brought. Without `is_filled` files are damaged, the database was left unfilled, and nobody serves it."""

    carried: CarriedFiles
    damaged: tuple[DamagedFile, ...]
    is_filled: bool
    tables: Mapping[str, TableSum]
    last_event: int


class Move:
    """Files first, rows last and all at once, as when a version is registered: no row is ever without its file.

    Keys of files and of rows stay what they are, and numbering goes on beyond them. It may be killed at any time and
    run again: files that are there are not sent again, and rows are all there or none.

    Args:
        rows: Where the rows come from.
        source: The files that they name.
        place_of: Where a file is in `source`, by its key in the rows.
        filled: The database that takes the rows.
        target: The store that takes the files.
        tell: Is told how far it has come.
    """

    def __init__(
        self,
        *,
        rows: RowSource,
        source: BlobStore,
        place_of: Callable[[BlobKey], BlobKey],
        filled: RowTarget,
        target: BlobStore,
        tell: Callable[[CarriedFiles], None],
    ) -> None:
        self._rows = rows
        self._place_of = place_of
        self._filled = filled
        self._carriage = Carriage(source, target, tell)

    async def bring_files(self) -> CarriedFiles:
        """Carry the files of this moment alone: what takes long is then done before the rows are asked for.

        Raises:
            DatabaseUnavailable: the database holds a registry already, or does not work.
            StorageUnavailable, StorageFull: a store does not work.
        """
        await asyncio.to_thread(self._filled.claim)
        with self._rows.snapshot() as snapshot:
            parcels = list(self._parcels(snapshot))
        return await self._carriage.bring(parcels)

    async def run(self, *, accepts_damage: bool = False) -> MoveReport:
        """Bring everything; with `accepts_damage` also where files are damaged, which then are missing.

        Where the database holds these very rows, an earlier run was cut off after its end, and nothing is left to do.

        Raises:
            DatabaseUnavailable, StorageUnavailable, StorageFull: as `bring_files`.
        """
        with self._rows.snapshot() as snapshot:
            held = await asyncio.to_thread(self._filled.filled_with, snapshot)
            if held is not None:
                carried = await self._carriage.bring(self._parcels(snapshot))
                return self._report(snapshot, carried, held)
        await self.bring_files()
        with self._rows.snapshot() as snapshot:
            carried = await self._carriage.bring(self._parcels(snapshot))  # what has come meanwhile
            is_filled = accepts_damage or not carried.damages
            tables = await asyncio.to_thread(self._filled.fill, snapshot) if is_filled else None
            return self._report(snapshot, carried, tables)

    def _report(
        self, snapshot: RowSnapshot, carried: CarriedFiles, tables: Mapping[str, TableSum] | None
    ) -> MoveReport:
        return MoveReport(
            carried=carried,
            damaged=named(carried.damages, snapshot),
            is_filled=tables is not None,
            tables=tables or {},
            last_event=snapshot.last_event(),
        )

    def _parcels(self, snapshot: RowSnapshot) -> Iterator[Parcel]:
        for blobs in snapshot.kept_blobs():
            for blob in blobs:
                source = self._place_of(blob.key)
                yield Parcel(source=source, target=blob.key, size_bytes=blob.size_bytes, blob_id=blob.id)
