"""Registering versions, describing them further, and deleting them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from modelyard.application.ports.blobs import Blob
from modelyard.application.ports.database import Transaction
from modelyard.application.ports.models import NumberedModel
from modelyard.application.ports.versions import NewVersion
from modelyard.application.services.catalog import create_model
from modelyard.application.services.journal import record
from modelyard.application.services.parentage import with_parent
from modelyard.application.services.precondition import Expected, require_tag
from modelyard.application.services.rationing import require_room
from modelyard.domain.bounds import UNBOUNDED, Bounds
from modelyard.domain.digest import Digest
from modelyard.domain.errors import (
    BlobsMissing,
    FieldError,
    ModelExists,
    ModelNotFound,
    SizeMismatch,
    VersionInUse,
)
from modelyard.domain.event import Action
from modelyard.domain.json_value import JsonObject, JsonValue, canonical_json
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import (
    Content,
    ModelVersion,
    VersionDraft,
    VersionPatch,
    merged_metadata,
    seal,
)
from modelyard.domain.principal import Principal
from modelyard.domain.quota import Quotas
from modelyard.domain.reference import ByNumber, Reference
from modelyard.domain.registered_model import ModelDraft, merged_tags


def read_version(tx: Transaction, model: str, reference: Reference) -> ModelVersion:
    """The version that the reference names now.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
    """
    return tx.versions.get(model, reference)


def register_version(
    tx: Transaction,
    principal: Principal,
    model_name: str,
    draft: VersionDraft,
    *,
    creates_model: bool = False,
    quotas: Quotas = (),
    bounds: Bounds = UNBOUNDED,
) -> ModelVersion:
    """Register the next version of a model, in draft; with `creates_model` also the model, if it is not there.

    Either all of it is there afterwards, under the next number of the model's counter, or nothing: every file's blob
    must be stored, with the size that the draft states. A parent is looked up, and kept by its number.

    Raises:
        ModelNotFound: there is no such model.
        BlobsMissing, SizeMismatch: a file is not stored, or is another.
        InvalidInput: the parent does not exist; or there are more tags or metadata than the bounds.
        QuotaExceeded: a glob of models would have more bytes than it may.
    """
    bounds.check_tags(draft.tags)
    bounds.check_metadata(draft.metadata)
    size_bytes = draft.content.size_bytes
    model = _numbered(tx, principal, model_name, size_bytes, creates_model=creates_model)
    require_room(tx, quotas, model_name, size_bytes)
    blobs = _stored_blobs(tx, draft.content)
    draft = with_parent(tx, draft)
    version = NewVersion(
        model=model,
        draft=draft,
        digest=seal(draft.content.canonical_parts()),
        blob_ids=[blobs[file.digest].id for file in draft.content.files],
    )
    added = tx.versions.add(version, by=principal.name, at=tx.now)
    record(tx, principal, Action.VERSION_REGISTERED, model, version=model.number, after=_registered(version, draft))
    return added


def update_version(
    tx: Transaction,
    principal: Principal,
    model_name: str,
    reference: Reference,
    patch: VersionPatch,
    expected: Expected,
    *,
    bounds: Bounds = UNBOUNDED,
) -> ModelVersion:
    """Change description, tags, metadata and card. A patch that changes nothing leaves no event.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
        PreconditionFailed: its tag is none of the expected.
        InvalidInput: there would be more tags or metadata than the bounds.
    """
    model = tx.models.get_to_change(model_name)
    version = tx.versions.get(model_name, reference)
    require_tag(version.tag, expected)
    changed = _patched(version, patch)
    bounds.check_tags(changed.tags, version.tags)
    bounds.check_metadata(changed.metadata, version.metadata)
    before, after = _differences(version, changed)
    if not after:
        return version
    tx.versions.save(replace(changed, revision=version.revision + 1, updated_at=tx.now, updated_by=principal.name))
    record(tx, principal, Action.VERSION_UPDATED, model, version=version.number, before=before, after=after)
    return tx.versions.get(model_name, ByNumber(version.number))


def delete_version(
    tx: Transaction,
    principal: Principal,
    model_name: str,
    reference: Reference,
    expected: Expected,
    *,
    is_forced: bool,
) -> int:
    """Delete a version; its number is never given again. Returns the bytes that become free.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
        VersionInUse: it is in staging or production, or has an alias, and `is_forced` is not set.
        PreconditionFailed: its tag is none of the expected.
    """
    model = tx.models.get_to_change(model_name)
    version = tx.versions.get(model_name, reference)
    require_tag(version.tag, expected)
    if not is_forced:
        _require_unused(version)
    freed_bytes = tx.blobs.freed_by_version(version.id)
    tx.versions.delete(version.id)
    tx.models.touch(model.id, by=principal.name, at=tx.now, added_bytes=-version.size_bytes)
    before: JsonObject = {
        "stage": version.stage.value,
        "digest": version.digest,
        "size_bytes": version.size_bytes,
        "aliases": list(version.aliases),
        **{name: getattr(version, name) for name in _EDITABLE},
    }
    record(tx, principal, Action.VERSION_DELETED, model, version=version.number, before=before)
    return freed_bytes


def _require_unused(version: ModelVersion) -> None:
    if version.stage in {Stage.STAGING, Stage.PRODUCTION} or version.aliases:
        raise VersionInUse(
            f"{version.model}:{version.number} is in {version.stage} or has an alias",
            hint="Archive it and move its aliases first, or send force=true.",
            details={"stage": version.stage.value, "aliases": list(version.aliases)},
        )


def _numbered(
    tx: Transaction, principal: Principal, name: str, size_bytes: int, *, creates_model: bool
) -> NumberedModel:
    try:
        return tx.models.next_number(name, size_bytes, by=principal.name, at=tx.now)
    except ModelNotFound:
        if not creates_model:
            raise
    with suppress(ModelExists):  # made by another registration since
        create_model(tx, principal, ModelDraft(name=name))
    return tx.models.next_number(name, size_bytes, by=principal.name, at=tx.now)


_EDITABLE = ("description", "tags", "metadata", "card")


def missing_blobs(missing: Sequence[Digest], count: int) -> BlobsMissing:
    """The same words for bytes that are not there and for those that the caller may not refer to."""
    return BlobsMissing(f"{len(missing)} of {count} files are not stored", details={"missing": sorted(missing)})


def _stored_blobs(tx: Transaction, content: Content) -> Mapping[Digest, Blob]:
    digests = list({file.digest for file in content.files})
    blobs = tx.blobs.live(digests)
    missing = [digest for digest in digests if digest not in blobs]
    if missing:
        raise missing_blobs(missing, len(digests))
    wrong = [
        FieldError(
            pointer=f"/files/{index}/size_bytes",
            message=f"{file.path} has {blobs[file.digest].size_bytes} bytes, not {file.size_bytes}",
        )
        for index, file in enumerate(content.files)
        if blobs[file.digest].size_bytes != file.size_bytes
    ]
    if wrong:
        raise SizeMismatch(wrong[0].message, hint="State the sizes of the uploaded files.", errors=wrong[:20])
    return blobs


def _registered(version: NewVersion, draft: VersionDraft) -> JsonObject:
    return {
        "stage": Stage.DRAFT.value,
        "digest": version.digest,
        "size_bytes": draft.content.size_bytes,
        "description": draft.description,
        "tags": draft.tags,
        "metadata": draft.metadata,
        "card": draft.card,
    }


def _patched(version: ModelVersion, patch: VersionPatch) -> ModelVersion:
    return replace(
        version,
        description=version.description if patch.description is None else patch.description,
        tags=merged_tags(version.tags, patch.tags),
        metadata=version.metadata if patch.metadata is None else merged_metadata(version.metadata, patch.metadata),
        card=version.card if patch.card is None else patch.card,
    )


def _differences(version: ModelVersion, changed: ModelVersion) -> tuple[JsonObject, JsonObject]:
    """The fields that change, as they were and as they become; compared as JSON, where `true` and `1` differ."""
    names = [
        name for name in _EDITABLE if canonical_json(getattr(version, name)) != canonical_json(getattr(changed, name))
    ]
    before: dict[str, JsonValue] = {name: getattr(version, name) for name in names}
    after: dict[str, JsonValue] = {name: getattr(changed, name) for name in names}
    return before, after
