"""What the registry knows about stored bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from modelyard.application.ports.blob_store import BlobKey
from modelyard.domain.digest import Digest


class BlobState(StrEnum):
    """What may be done with a blob."""

    LIVE = "live"
    """It can be referenced and served. At most one blob of a digest is live."""

    QUARANTINED = "quarantined"
    """Its bytes were found wrong or missing. Versions still refer to it, but it is neither served nor referenced anew;
    the same bytes uploaded again take its place."""

    DELETING = "deleting"
    """Nothing refers to it, and nothing ever will: its file is to go, then its row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """Recorded bytes. A blob is kept while a version refers to it, and until its lease ends."""

    id: int
    key: BlobKey
    size_bytes: int
    state: BlobState = BlobState.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobUse:
    """A file of a version that is stored in a blob."""

    model: str
    version: int
    path: str


class Blobs(Protocol):
    """The table of blobs, within one transaction. Only live ones are referenced by new versions."""

    def live(self, digests: Sequence[Digest]) -> Mapping[Digest, Blob]:
        """Those of the digests that are stored, held against deletion until this transaction ends."""

    def renew(self, digests: Sequence[Digest], until: datetime) -> Mapping[Digest, Blob]:
        """Those of the digests that are stored, kept at least until then; a lease never gets shorter."""

    def add(self, key: BlobKey, size_bytes: int, *, by: str, at: datetime, lease_until: datetime) -> Blob:
        """Record published bytes as live.

        When another upload of the same digest was first, its row is returned (compare `key`), its lease extended. Where
        a blob of this digest is quarantined, what refers to it refers to the new one from now on.
        """

    def freed_by_version(self, version_id: int) -> int:
        """Bytes that no other version would refer to if this one went."""

    def freed_by_model(self, model_id: int) -> int:
        """Bytes that no version of another model refers to."""

    def unreferenced(self, *, at: datetime, beyond: int, limit: int) -> Sequence[Blob]:
        """Blobs that no version refers to and whose lease is over, by id, from beyond an id. Nothing is held."""

    def condemn(self, blob_ids: Sequence[int], *, at: datetime) -> Sequence[Blob]:
        """Move to `deleting` those of the blobs that are still unreferenced and without a lease; returns just them.

        Blobs that another transaction holds are passed over. Each statement has to see what others committed before it
        (READ COMMITTED): a reference may appear between the first look and the lock.
        """

    def condemned(self, *, beyond: int, limit: int) -> Sequence[Blob]:
        """Blobs in `deleting`, by id, from beyond an id."""

    def forget(self, blob_ids: Sequence[int]) -> None:
        """Delete the rows of condemned blobs, whose files are gone. Idempotent."""

    def named(self, keys: Sequence[BlobKey]) -> Mapping[BlobKey, Blob]:
        """Those of the keys that a row names, in whatever state."""

    def kept(self, *, beyond: int, limit: int) -> Sequence[Blob]:
        """Blobs whose files have to be there, live or quarantined, by id, from beyond an id."""

    def uses(self, blob_id: int) -> Sequence[BlobUse]:
        """The files that are stored in a blob, by model, version and path."""

    def quarantine(self, blob_id: int) -> bool:
        """Take a live blob out of use. False where it is not live any more."""

    def release(self, blob_id: int) -> bool:
        """Take a quarantined blob into use again. False where it is not quarantined, or others took its place."""
