"""What the registry knows about stored bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modelyard.application.ports.blob_store import BlobKey
from modelyard.domain.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """Live bytes. The blob is kept while a version refers to it, and until its lease ends."""

    id: int
    key: BlobKey
    size_bytes: int


class Blobs(Protocol):
    """The table of blobs, within one transaction.

    A row is `live` or `deleting`; at most one row of a digest is live. Only live rows are ever returned or referenced.
    """

    def live(self, digests: Sequence[Digest]) -> Mapping[Digest, Blob]:
        """Those of the digests that are stored, held against deletion until this transaction ends."""

    def renew(self, digests: Sequence[Digest], until: datetime) -> Mapping[Digest, Blob]:
        """Those of the digests that are stored, kept at least until then; a lease never gets shorter."""

    def add(self, key: BlobKey, size_bytes: int, *, by: str, at: datetime, lease_until: datetime) -> Blob:
        """Record published bytes as live.

        When another upload of the same digest was first, its row is returned (compare `key`), its lease extended.
        """

    def freed_by_version(self, version_id: int) -> int:
        """Bytes that no other version would refer to if this one went."""

    def freed_by_model(self, model_id: int) -> int:
        """Bytes that no version of another model refers to."""
