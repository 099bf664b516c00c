"""Resumable uploads under way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modelyard.domain.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An upload that was begun. `offset_bytes` are durable; `digest` is what the client announced, if it did."""

    id: str
    size_bytes: int
    digest: Digest | None
    offset_bytes: int
    created_by: str
    created_at: datetime
    expires_at: datetime


class Uploads(Protocol):
    """The uploads under way, within one transaction. Any server process may continue any of them."""

    def add(self, upload: Upload) -> None:
        """Keep a new upload."""

    def get(self, upload_id: str, *, at: datetime) -> Upload:
        """The upload.

        Raises:
            UploadNotFound: there is none, or it has expired.
        """

    def claim(self, upload_id: str, writer: str, *, at: datetime, until: datetime) -> bool:
        """Become its only writer until then. False when another is; a writer whose time is over has lost its claim."""

    def advance(self, upload_id: str, writer: str, offset_bytes: int, *, until: datetime, expires_at: datetime) -> bool:
        """Record durable bytes, hold the claim and keep the upload longer. False when the claim was lost."""

    def release(self, upload_id: str, writer: str) -> None:
        """Give up the claim, if it is still held."""

    def delete(self, upload_id: str) -> None:
        """Forget the upload. Idempotent."""

    def expired(self, *, at: datetime) -> tuple[int, int]:
        """How many have expired that no one writes to, and their durable bytes."""

    def expire(self, *, at: datetime, limit: int) -> Sequence[Upload]:
        """Forget uploads that have expired and that no one writes to, the oldest first; returns them."""

    def named(self, tokens: Sequence[str]) -> frozenset[str]:
        """Those of the tokens that are uploads, expired or not."""
