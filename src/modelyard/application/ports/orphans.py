"""Files that the store holds and no row names."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import Blob


class Orphans(Protocol):
    """When such files were first and last seen, within one transaction.

    A file is stored before its row is written, so each new file is an orphan for a moment. Its age is counted from the
    first sight, in the time of the database: neither the clock of a disk nor a copied file makes it older than it is.
    """

    def sight(self, sizes: Mapping[BlobKey, int], *, at: datetime) -> None:
        """Note that these files are there, with their sizes in bytes; the first sight of each stays."""

    def lose_sight(self, *, before: datetime) -> None:
        """Forget those that were not seen since: their files are gone, or rows name them by now."""

    def aged(self, *, first_seen_by: datetime) -> tuple[int, int]:
        """How many were first seen by then, and their bytes."""

    def condemn(self, *, first_seen_by: datetime, at: datetime, limit: int) -> Sequence[Blob]:
        """Record orphans first seen by then as blobs in `deleting`, and forget them here; returns those blobs.

        Their keys are taken from then on: an upload that records one of them after all fails, instead of having a row
        whose file is deleted. What a row names is passed over.
        """
