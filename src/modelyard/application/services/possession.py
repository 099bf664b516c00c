"""Who may refer to bytes by their digest: whoever has sent them, or may read a version that holds them."""

from collections.abc import Sequence

from modelyard.application.ports.database import Transaction
from modelyard.application.services.publishing import missing_blobs
from modelyard.domain.access.standing import Standing
from modelyard.domain.digest import Digest


def note_sender(tx: Transaction, standing: Standing, digests: Sequence[Digest]) -> list[Digest]:
    """Remember who has sent bytes, before they are told that these are stored; which of these are new to them."""
    new = unknown_to(tx, standing, digests)
    tx.senders.note(digests, standing.principal.name)
    return new


def unknown_to(tx: Transaction, standing: Standing, digests: Sequence[Digest]) -> list[Digest]:
    """The digests that are not stored, as far as the caller may know, each once and in their order."""
    referable = tx.senders.referable(digests, standing.principal.name, standing.visibility)
    return [digest for digest in dict.fromkeys(digests) if digest not in referable]


def require_known(tx: Transaction, standing: Standing, digests: Sequence[Digest]) -> None:
    """Refuse a manifest that names bytes which the caller may not refer to, as one that names bytes nobody has.

    Raises:
        BlobsMissing: its details name those and the ones that are not there, without a difference.
    """
    unknown = unknown_to(tx, standing, digests)
    if unknown:
        raise missing_blobs(unknown, len(set(digests)))
