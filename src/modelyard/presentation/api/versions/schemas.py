"""What goes in and out for versions."""

from typing import Annotated, Any

from pydantic import Field

from modelyard.domain.digest import Digest
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import Content, File, VersionDraft, VersionPatch
from modelyard.presentation.api.fields import (
    DigestText,
    Input,
    Metadata,
    ModelName,
    Moment,
    Output,
    SizeBytes,
    TagPatch,
    Tags,
)

Params = Annotated[dict[str, Any], Field(examples=[{"max_depth": 8, "criterion": "gini"}])]


class FileEntry(Input):
    """A file of a version, whose bytes were uploaded before."""

    path: str = Field(max_length=1024, examples=["model.joblib"])
    digest: DigestText
    size_bytes: SizeBytes
    media_type: str = Field(default="application/octet-stream", max_length=200, pattern=r"^[\w.+-]+/[\w.+-]+$")

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
    shape: list[Annotated[int, Field(ge=-1)]] = Field(default=[], max_length=32, examples=[[-1]])


class Signature(Input):
    """What the model takes and gives."""

    inputs: list[Feature] = Field(default=[], max_length=10_000)
    outputs: list[Feature] = Field(default=[], max_length=10_000)


class Git(Input):
    """The code that made it."""

    repository: str = Field(max_length=1000, examples=["git@example.com:risk/churn.git"])
    commit: str = Field(max_length=100, examples=["9fceb02d0ae598e95dc970b74767f19372d61af8"])


class Dataset(Input):
    """Data that it was made from."""

    name: str = Field(max_length=250, examples=["customers-2026-01"])
    digest: str = Field(default="", max_length=250)


class Lineage(Input):
    """Where it comes from. `source` is never opened by the registry."""

    git: Git | None = None
    datasets: list[Dataset] = Field(default=[], max_length=1000)
    run: str | None = Field(default=None, max_length=1000, description="The training run, as its tracker names it")
    parent: str | None = Field(default=None, max_length=320, examples=["churn:3"])
    source: str | None = Field(default=None, max_length=2000)


class VersionDescription(Input):
    """All of a new version but its files."""

    description: str = Field(default="", max_length=20_000)
    tags: Tags = Field(default={})
    params: Params = Field(default={})
    metadata: Metadata = Field(default={})
    framework: Framework | None = None
    signature: Signature | None = None
    lineage: Lineage | None = None
    card: str = Field(default="", max_length=65_536, description="Markdown", examples=["# Churn\nTrained on …"])

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

    files: list[FileEntry] = Field(default=[], max_length=20_000)

    def draft(self) -> VersionDraft:
        """The version in the domain's terms."""
        return self.draft_with(tuple(entry.file() for entry in self.files))


class VersionUpdate(Input):
    """A change (JSON Merge Patch): fields that are left out stay; `null` removes a tag or a metadata key."""

    description: str | None = Field(default=None, max_length=20_000)
    tags: TagPatch = Field(default={})
    metadata: Metadata | None = None
    card: str | None = Field(default=None, max_length=65_536)

    def patch(self) -> VersionPatch:
        """The change in the domain's terms."""
        return VersionPatch(description=self.description, tags=self.tags, metadata=self.metadata, card=self.card)


class VersionSummary(Output):
    """A version, as lists show it."""

    model: ModelName
    number: int = Field(examples=[4])
    stage: Stage
    description: str
    tags: Tags
    params: Params
    metadata: Metadata
    framework: dict[str, Any] | None = Field(examples=[{"name": "scikit-learn", "version": "1.9.1"}])
    signature: dict[str, Any] | None
    lineage: dict[str, Any] | None
    digest: DigestText = Field(
        description="sha256 of the canonical JSON of files, framework, lineage, params, signature"
    )
    size_bytes: SizeBytes
    file_count: int
    aliases: list[str] = Field(examples=[["champion"]])
    metrics: dict[str, float] = Field(description="The latest values", examples=[{"auc@holdout": 0.93}])
    stage_changed_at: Moment
    created_at: Moment
    created_by: str
    updated_at: Moment
    updated_by: str
    revision: int


class FileRead(Output):
    """A file of a version."""

    path: str
    digest: DigestText
    size_bytes: SizeBytes
    media_type: str


class VersionRead(VersionSummary):
    """A version, whole."""

    card: str
    files: list[FileRead]


class VersionPage(Output):
    """A page of versions."""

    items: list[VersionSummary]
    next_cursor: str | None
    total: int | None = Field(default=None, description="With `count=true`: how many there are, up to 10,000")
