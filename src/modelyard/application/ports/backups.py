"""Where backups are kept: points in time that share their files."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modelyard.application.ports.blob_store import BlobKey, BlobStore
from modelyard.application.ports.rows import DamagedFile, RowSnapshot, RowSource, TableSum
from modelyard.domain.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a point in time holds; it is written when all of that is durable."""

    taken_at: datetime
    revision: str
    last_event: int
    database_sha256: str
    tables: Mapping[str, TableSum]
    file_count: int
    file_bytes: int
    damaged: tuple[DamagedFile, ...] = ()


class Backups(Protocol):
    """A place for backups. Files are in it once, by digest, whatever points refer to them.

    Methods that touch the disk block, except for those of the store. They may raise `StorageFull` or
    `StorageUnavailable`.
    """

    @property
    def files(self) -> BlobStore:
        """The files of all points."""

    def key_of(self, digest: Digest) -> BlobKey:
        """Where the bytes of a digest are, or will be."""

    def alone(self) -> AbstractContextManager[None]:
        """Keep everybody else from writing here; the kernel lets go when the process ends, however it does.

        Raises:
            StorageUnavailable: another process is at work here.
        """

    def begin(self, taken_at: datetime) -> str:
        """Make room for a point and return its name; what interrupted backups left goes. Nobody sees it yet."""

    def save(self, name: str, snapshot: RowSnapshot) -> tuple[Mapping[str, TableSum], str]:
        """Write all rows into a point that was begun; their sums, and the digest of the database's file."""

    def rows(self, name: str) -> RowSource:
        """The rows of a point, begun or finished."""

    def finish(self, name: str, manifest: Manifest) -> None:
        """Make a point that was begun a whole one, durably: from here on it is seen."""

    def points(self) -> Sequence[str]:
        """The names of whole points, the oldest first."""

    def manifest(self, name: str) -> Manifest:
        """What a whole point holds.

        Raises:
            StorageUnavailable: there is no such point, or its manifest cannot be read.
        """

    def require_sound_database(self, name: str, manifest: Manifest) -> None:
        """Compare the database's file of a point with its digest.

        Raises:
            StorageUnavailable: it is not the file that was written.
        """

    def remove(self, name: str) -> None:
        """Take a point away; its files stay."""
