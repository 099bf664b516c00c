"""What goes in and out for versions."""

from typing import Annotated, Any

from pydantic import Field

from modelyard.domain.digest import Digest
from modelyard.domain.file_path import MAX_PATH_BYTES
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import MAX_CARD_BYTES, Content, File, VersionDraft, VersionPatch
from modelyard.presentation.api.fields import (
    WHOLE,
    Actor,
    Description,
    DigestText,
    Highlights,
    Input,
    Metadata,
    ModelName,
    Moment,
    NextCursor,
    Output,
    Params,
    Revision,
    SizeBytes,
    TagPatch,
    Tags,
    Total,
    VersionNumber,
)

FilePathText = Annotated[
    str,
    Field(
        max_length=MAX_PATH_BYTES, examples=["model.joblib"], json_schema_extra={"minLength": 1, "format": "file-path"}
    ),
]
MEDIA_TYPE = r"^[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,99}$"
MediaType = Annotated[
    str,
    Field(max_length=200, pattern=MEDIA_TYPE, examples=["application/octet-stream"]),
]
Card = Annotated[str, Field(max_length=MAX_CARD_BYTES, description="Markdown", examples=["# Churn\nTrained on …"])]


class FileEntry(Input):
    """A file of a version, whose bytes were uploaded before."""

    path: FilePathText
    digest: DigestText
    size_bytes: SizeBytes
    media_type: MediaType = "application/octet-stream"

    def file(self) -> File:
        """The file in the domain's terms."""
        return File(path=self.path, digest=Digest(self.digest), size_bytes=self.size_bytes, media_type=self.media_type)


class Framework(Input):
    """What the model was made with."""

    name: str = Field(min_length=1, max_length=100, examples=["scikit-learn"])
    version: str = Field(default="", max_length=100, examples=["1.9.1"])


class Feature(Input):
    """One input or output; `-1` in a shape stands for any size."""

    name: str = Field(max_length=250, examples=["age"])
    dtype: str = Field(max_length=50, examples=["float64"])
    shape: list[Annotated[int, Field(ge=-1, le=MAX_INTEGER), WHOLE]] = Field(
        default_factory=list, max_length=32, examples=[[-1]]
    )


class Signature(Input):
    """What the model takes and gives; at most 256 KiB of JSON."""

    inputs: list[Feature] = Field(default_factory=list)
    outputs: list[Feature] = Field(default_factory=list)


class Git(Input):
    """The code that made it."""

    repository: str = Field(max_length=1000, examples=["git@example.com:risk/churn.git"])
    commit: str = Field(max_length=100, examples=["9fceb02d0ae598e95dc970b74767f19372d61af8"])


class Dataset(Input):
    """Data that it was made from."""

    name: str = Field(max_length=250, examples=["customers-2026-01"])
    digest: str = Field(default="", max_length=250, examples=["sha256:9f86d081884c7d65"])


class Lineage(Input):
    """Where it comes from. `source` is never opened by the registry."""

    git: Git | None = None
    datasets: list[Dataset] = Field(default_factory=list, max_length=1000)
    run: str | None = Field(
        default=None, max_length=1000, description="The training run, as its tracker names it", examples=["run-7"]
    )
    parent: str | None = Field(
        default=None, max_length=320, examples=["churn:3"], json_schema_extra={"format": "version-reference"}
    )
    source: str | None = Field(default=None, max_length=2000, examples=["runs:/7/model"])


class VersionDescription(Input):
    """All of a new version but its files."""

    description: Description = ""
    tags: Tags = Field(default_factory=dict)
    params: Params = Field(default_factory=dict)
    metadata: Metadata = Field(default_factory=dict)
    framework: Framework | None = None
    signature: Signature | None = None
    lineage: Lineage | None = None
    card: Card = ""

    def draft_with(self, files: tuple[File, ...]) -> VersionDraft:
        """The version in the domain's terms."""
        content = Content(
            files=files,
            params=self.params,
            framework=self.framework.model_dump() if self.framework else None,
            signature=self.signature.model_dump() if self.signature else None,
            lineage=self.lineage.model_dump(exclude_none=True) if self.lineage else None,
        )
        return VersionDraft(
            content=content, description=self.description, tags=self.tags, metadata=self.metadata, card=self.card
        )


class VersionCreate(VersionDescription):
    """A new version from a manifest of uploaded files."""

    files: list[FileEntry] = Field(default_factory=list, max_length=20_000)

    def draft(self) -> VersionDraft:
        """The version in the domain's terms."""
        return self.draft_with(tuple(entry.file() for entry in self.files))


class VersionUpdate(Input):
    """A change (JSON Merge Patch): fields that are left out stay; `null` removes a tag or key, and empties a text."""

    description: Description | None = Field(default_factory=str)
    tags: TagPatch = Field(default_factory=dict)
    metadata: Metadata = Field(default_factory=dict)
    card: Card | None = Field(default_factory=str)

    def patch(self) -> VersionPatch:
        """The change in the domain's terms."""
        given = self.model_fields_set
        return VersionPatch(
            description=(self.description or "") if "description" in given else None,
            tags=self.tags,
            metadata=self.metadata if "metadata" in given else None,
            card=(self.card or "") if "card" in given else None,
        )


class VersionSummary(Output):
    """A version, as lists show it."""

    model: ModelName
    number: VersionNumber
    stage: Stage
    description: Description
    tags: Tags
    params: Params
    metadata: Metadata
    framework: dict[str, Any] | None = Field(examples=[{"name": "scikit-learn", "version": "1.9.1"}])
    signature: dict[str, Any] | None = Field(
        examples=[{"inputs": [{"name": "age", "dtype": "float64", "shape": [-1]}], "outputs": []}]
    )
    lineage: dict[str, Any] | None = Field(examples=[{"run": "run-7", "parent": "churn:3", "datasets": []}])
    digest: DigestText = Field(
        description="sha256 of the canonical JSON of files, framework, lineage, params, signature"
    )
    size_bytes: SizeBytes
    file_count: int = Field(examples=[1])
    aliases: list[str] = Field(examples=[["champion"]])
    metrics: dict[str, float] = Field(description="The latest values", examples=[{"auc@holdout": 0.93}])
    stage_changed_at: Moment
    created_at: Moment
    created_by: Actor
    updated_at: Moment
    updated_by: Actor
    revision: Revision


class FileRead(Output):
    """A file of a version."""

    path: FilePathText
    digest: DigestText
    size_bytes: SizeBytes
    media_type: str = Field(description="As its maker said", examples=["application/octet-stream"])


class VersionRead(VersionSummary):
    """A version, whole."""

    card: Card
    files: list[FileRead]


class VersionPage(Output):
    """A page of versions."""

    items: list[VersionSummary]
    next_cursor: NextCursor
    total: Total = None
    highlights: Highlights = None
