"""What the registry says of models and versions, as typed values. `document` holds the answer as it came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modelyard.client.answers import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a version: its relative POSIX path, `sha256:…`, its bytes, and its media type as its maker said."""

    path: str
    digest: str
    size_bytes: int
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredModel:
    """A model as it was when it was read."""

    name: str
    description: str
    tags: Mapping[str, str]
    latest_version: int | None
    production: Sequence[int]
    created_at: datetime
    created_by: str
    revision: int
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "RegisteredModel":
        """From the API's `ModelRead`."""
        return cls(**told(cls, document), document=document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version as it was when it was read. Those of lists come without `card` and `files`."""

    model: str
    number: int
    stage: str
    description: str
    tags: Mapping[str, str]
    params: Mapping[str, Any]
    metadata: Mapping[str, Any]
    framework: Mapping[str, str] | None
    signature: Mapping[str, Any] | None
    lineage: Mapping[str, Any] | None
    digest: str
    size_bytes: int
    file_count: int
    aliases: Sequence[str]
    metrics: Mapping[str, float]
    """The latest values, by `name`, `name@dataset` or `name@dataset/slice`."""

    created_at: datetime
    created_by: str
    revision: int
    card: str = ""
    files: Sequence[File] = ()
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Version":
        """From the API's `VersionRead` or `VersionSummary`."""
        members = told(cls, document)
        files = tuple(File(**told(File, one)) for one in members.pop("files", ()))
        return cls(**members, files=files, document=document)

    @property
    def reference(self) -> str:
        """`churn:4`."""
        return f"{self.model}:{self.number}"

    def __str__(self) -> str:
        return self.reference


def moment_of(text: str) -> datetime:
    """A moment as the API writes it: RFC 3339, in UTC."""
    return datetime.fromisoformat(text)


def told(kind: type, document: Document) -> dict[str, Any]:
    """The members of a document that a kind of record knows, moments parsed; a newer registry may tell more."""
    known = kind.__dataclass_fields__.keys()  # type: ignore[attr-defined] # `kind` is a dataclass of the client
    kept = {name: value for name, value in document.items() if name in known}
    return kept | {
        name: moment_of(value) for name, value in kept.items() if (name == "at" or name.endswith("_at")) and value
    }
