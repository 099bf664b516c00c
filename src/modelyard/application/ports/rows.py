"""All rows of a registry, as they are moved from one database to another."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from modelyard.application.ports.blobs import Blob, BlobUse
from modelyard.domain.digest import Digest

Value = int | float | str | bytes | bool | None
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSum:
    """What a table holds: equal sums are equal rows, to the last bit of each float, on whatever database."""

    count: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedFile:
    """A file that rows name and that could not be copied whole; `uses` are `model:number path`."""

    digest: Digest
    detail: str
    uses: tuple[str, ...] = ()


class RowSnapshot(Protocol):
    """One unchanging view of all rows. Its methods block; it belongs to one thread at a time.

    Uploads under way and sightings of orphans are no part of it: they tell of bytes that stay in their store.
    """

    @property
    def revision(self) -> str:
        """The migration that the rows are of."""

    def tables(self) -> Mapping[str, Sequence[str]]:
        """The columns of each table by name; what others refer to comes first."""

    def rows(self, table: str) -> Iterator[Sequence[Row]]:
        """All rows of a table by primary key, some at a time."""

    def last_used(self) -> Mapping[str, int]:
        """The highest key that each numbered table ever gave, also to rows that are gone: none is given twice."""

    def kept_blobs(self) -> Iterator[Sequence[Blob]]:
        """Blobs whose files have to be there, live or quarantined, by id, some at a time."""

    def uses(self, blob_id: int) -> Sequence[BlobUse]:
        """The files that are stored in a blob, by model, version and path."""

    def last_event(self) -> int:
        """The sequence of the last event; 0 where there is none."""


class RowSource(Protocol):
    """A database that rows are read from. It may raise `DatabaseUnavailable`."""

    def snapshot(self) -> AbstractContextManager[RowSnapshot]:
        """The state of this moment, for as long as the block lasts; writers go on meanwhile."""


class RowTarget(Protocol):
    """A database that is filled. It may raise `DatabaseUnavailable` or `StorageFull`. The methods block."""

    def filled_with(self, snapshot: RowSnapshot) -> Mapping[str, TableSum] | None:
        """The sums of its rows where it holds exactly these, as after `fill`; None where it does not, or is empty.

        So who was killed after `fill` ends well when run again.
        """

    def claim(self) -> None:
        """Take an empty database: from now on, and after any crash, nobody serves it until it is filled. Idempotent.

        Raises:
            DatabaseUnavailable: it holds a registry already; nothing was changed.
        """

    def fill(self, snapshot: RowSnapshot) -> Mapping[str, TableSum]:
        """Bring in all rows, read them back, compare, and migrate to this release: wholly and durably, or not at all.

        Returns the sums at the revision of the snapshot.

        Raises:
            DatabaseUnavailable: it is not claimed, the rows are of a newer release, or what was read back differs.
        """
