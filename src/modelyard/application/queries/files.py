"""Finding the files of a version."""

from collections.abc import Sequence

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.versions import StoredFile
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
