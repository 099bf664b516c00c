"""Where versions are kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import BlobState
from modelyard.application.ports.models import NumberedModel
from modelyard.domain.digest import Digest
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import File, ModelVersion, VersionDraft, VersionSummary
from modelyard.domain.reference import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A version on its way in: numbered, sealed, its blobs found."""

    model: NumberedModel
    draft: VersionDraft
    digest: Digest
    blob_ids: Sequence[int]
    """One for each file of the draft, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file of a version, and where its bytes are; of a quarantined one they are not to be sent."""

    file: File
    key: BlobKey
    state: BlobState = BlobState.LIVE


class Versions(Protocol):
    """The versions of all models, within one transaction."""

    def add(self, version: NewVersion, *, by: str, at: datetime) -> ModelVersion:
        """Keep a new version in draft, with references to its blobs. Returns it as `get` would."""

    def get(self, model: str, reference: Reference) -> ModelVersion:
        """The version that the reference names now.

        Raises:
            ModelNotFound: there is no such model.
            VersionNotFound: the reference names none of its versions.
        """

    def newest(self, model: str, *, limit: int) -> Sequence[VersionSummary]:
        """The versions with the highest numbers, in descending order; none also where there is no such model."""

    def in_production(self, model_ids: Collection[int]) -> Mapping[int, tuple[int, int]]:
        """Surrogate key and number of the version that entered production last, by model; of models that have one."""

    def in_stage(self, model_id: int, stage: Stage) -> Sequence[int]:
        """The numbers of the model's versions in a stage, ascending."""

    def save(self, version: ModelVersion) -> None:
        """Write description, tags, metadata and card, updated time and person, and revision, as `version` has them."""

    def set_stage(self, model_id: int, number: int, stage: Stage, *, by: str, at: datetime) -> None:
        """Move a version to a stage; entering production is remembered for rollbacks. The revision grows."""

    def touch(self, model_id: int, number: int, *, by: str, at: datetime) -> None:
        """Count a visible change: the revision grows by one."""

    def delete(self, version_id: int) -> None:
        """Delete a version with its tags, metrics and references to blobs."""

    def file(self, model: str, reference: Reference, path: str) -> StoredFile:
        """One file of a version.

        Raises:
            ModelNotFound, VersionNotFound: as for `get`.
            FileNotInVersion: the version has no such path.
        """

    def files(self, model: str, reference: Reference) -> tuple[ModelVersion, Sequence[StoredFile]]:
        """A version with all its files, in the order of their paths."""

    def after(self, version_id: int, *, limit: int) -> Sequence[tuple[int, str, int]]:
        """Versions of all models by id, from beyond an id: the id, the model's name and the number."""
