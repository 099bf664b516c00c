"""Finding the files of a version."""

from collections.abc import Sequence

from modelyard.application.ports.blobs import BlobState
from modelyard.application.ports.database import Transaction
from modelyard.application.ports.versions import StoredFile
from modelyard.domain.errors import BlobLost
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.reference import Reference


def find_file(tx: Transaction, model: str, reference: Reference, path: str) -> StoredFile:
    """One file of a version, and where its bytes are.

    Raises:
        ModelNotFound, VersionNotFound, FileNotInVersion: there is none.
    """
    return tx.versions.file(model, reference, path)


def list_files(tx: Transaction, model: str, reference: Reference) -> tuple[ModelVersion, Sequence[StoredFile]]:
    """A version with all its files, by path.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
    """
    return tx.versions.files(model, reference)


def require_sound(stored: StoredFile) -> None:
    """Let a file pass whose bytes may be sent.

    Raises:
        BlobLost: they were found damaged, and are held back until they come again.
    """
    if stored.state is not BlobState.LIVE:
        raise BlobLost(
            f"the bytes of {stored.file.path} were found damaged, and are held back",
            hint=f"Upload the bytes of {stored.file.digest} again, or tell the operator; a backup holds them.",
        )
