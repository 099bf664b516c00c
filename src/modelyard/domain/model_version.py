"""A version of a model: immutable content under a digest, and the little around it that may change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modelyard.domain.digest import Digest, digest_of
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.file_path import check_distinct, check_file_path
from modelyard.domain.json_value import JsonObject, JsonValue, canonical_json
from modelyard.domain.lifecycle import Stage
from modelyard.domain.names import check_key, check_tags
from modelyard.domain.registered_model import check_description

MAX_FILES = 20_000
MAX_PARAMS = 2_000
MAX_CARD_BYTES = 64 * 1024
MAX_JSON_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a version. `media_type` is what its maker says; it is never used to serve it."""

    path: str
    digest: Digest
    size_bytes: int
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All of a version that never changes. Its canonical manifest is what the version's digest seals.

    `framework`, `signature` and `lineage` are JSON documents whose shape the API's schemas fix.
    """

    files: tuple[File, ...] = ()
    params: JsonObject = field(default_factory=dict)
    framework: JsonObject | None = None
    signature: JsonObject | None = None
    lineage: JsonObject | None = None
    _parts: dict[str, bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _bound("/files", len(self.files), MAX_FILES, "files")
        _bound("/params", len(self.params), MAX_PARAMS, "parameters")
        for index, file in enumerate(self.files):
            check_file_path(file.path, f"/files/{index}/path")
        check_distinct(file.path for file in self.files)
        for key in self.params:
            check_key(key, "/params")
        parts = self._written()
        for name in ("params", "signature", "lineage"):
            _bound(f"/{name}", len(parts[name]), MAX_JSON_BYTES, "bytes of JSON")
        object.__setattr__(self, "_parts", parts)

    @property
    def size_bytes(self) -> int:
        """The sizes of all files together, as each would be downloaded."""
        return sum(file.size_bytes for file in self.files)

    def canonical_parts(self) -> dict[str, bytes]:
        """The canonical JSON (RFC 8785) of each part, by name; files in the order of their paths."""
        return self._parts

    def _written(self) -> dict[str, bytes]:
        files: list[JsonValue] = [
            {
                "path": file.path,
                "digest": file.digest,
                "size_bytes": file.size_bytes,
                "media_type": file.media_type,
            }
            for file in sorted(self.files, key=lambda file: file.path)
        ]
        parts: dict[str, JsonValue] = {
            "files": files,
            "framework": self.framework,
            "lineage": self.lineage,
            "params": self.params,
            "signature": self.signature,
        }
        return {name: canonical_json(part) for name, part in parts.items()}


def seal(parts: Mapping[str, bytes]) -> Digest:
    """The digest of a version: sha256 of its canonical manifest, the RFC 8785 object of these parts."""
    members = (b'"%s":%s' % (name.encode(), part) for name, part in sorted(parts.items()))
    return digest_of(b"{" + b",".join(members) + b"}")


def check_json_size(value: JsonObject | None, pointer: str) -> None:
    """Refuse a free JSON document of more than 256 KiB."""
    if value:
        _bound(pointer, len(canonical_json(value)), MAX_JSON_BYTES, "bytes of JSON")


def check_card(text: str) -> str:
    """Take a model card: Markdown of at most 64 KiB."""
    _bound("/card", len(text.encode()), MAX_CARD_BYTES, "bytes")
    return text


def _bound(pointer: str, size: int, largest: int, unit: str) -> None:
    if size > largest:
        message = f"must have at most {largest} {unit}, not {size}"
        raise InvalidInput(f"{pointer} {message}", errors=[FieldError(pointer=pointer, message=message)])


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDraft:
    """A version as its maker describes it, before it has a number."""

    content: Content
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    metadata: JsonObject = field(default_factory=dict)
    card: str = ""

    def __post_init__(self) -> None:
        check_description(self.description)
        check_tags(self.tags)
        check_json_size(self.metadata, "/metadata")
        check_card(self.card)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSummary:
    """A version that is there, as lists show it: without its card and its files.

    `metrics` holds the latest value on whole datasets by `name@dataset`. `revision` grows with each change that can be
    seen in the version.
    """

    id: int
    model_id: int
    model: str
    number: int
    stage: Stage
    description: str
    tags: Mapping[str, str]
    metadata: JsonObject
    params: JsonObject
    framework: JsonObject | None
    signature: JsonObject | None
    lineage: JsonObject | None
    digest: Digest
    size_bytes: int
    file_count: int
    aliases: tuple[str, ...]
    metrics: Mapping[str, float]
    has_been_in_production: bool
    stage_changed_at: datetime
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    revision: int

    @property
    def tag(self) -> str:
        """Names this state of this version."""
        return f"{self.id}-{self.revision}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion(VersionSummary):
    """A version that is there, whole. `digest` seals files, params, framework, signature and lineage."""

    card: str
    files: Sequence[JsonObject]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPatch:
    """A change to what may change. `None` leaves a field; tags and metadata follow JSON Merge Patch (RFC 7396)."""

    description: str | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)
    metadata: JsonObject | None = None
    card: str | None = None

    def __post_init__(self) -> None:
        check_description(self.description or "")
        check_card(self.card or "")


def merged_metadata(metadata: JsonObject, patch: JsonObject) -> JsonObject:
    """Metadata after a merge patch: objects are merged, `None` removes, all else replaces.

    Raises:
        InvalidInput: the result would be larger than 256 KiB.
    """
    merged = _merge(metadata, patch)
    check_json_size(merged, "/metadata")
    return merged


def _merge(target: JsonObject, patch: JsonObject) -> JsonObject:
    merged = dict(target)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            held = merged.get(key)
            merged[key] = _merge(held if isinstance(held, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged
