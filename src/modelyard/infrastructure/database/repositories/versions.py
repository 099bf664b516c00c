"""Versions in tables: writing them, and finding one by reference."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn

from sqlalchemy import Connection, Integer, Select, bindparam, delete, insert, literal_column, select, update
from sqlalchemy import true as always

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import BlobState
from modelyard.application.ports.versions import NewVersion, StoredFile
from modelyard.domain.digest import Digest
from modelyard.domain.errors import FileNotInVersion, VersionNotFound
from modelyard.domain.json_value import plain_json
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import File, ModelVersion, VersionSummary
from modelyard.domain.reference import ByAlias, ByNumber, ByStage, Reference
from modelyard.domain.registered_model import no_model
from modelyard.infrastructure.database.dialects import ONE
from modelyard.infrastructure.database.moments import to_ms
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.repositories.version_rows import (
    SELECT_SUMMARY,
    SELECT_VERSION,
    added_version,
    summary_of,
    version_of,
)
from modelyard.infrastructure.database.repositories.version_values import ADD_VALUES, rows_of, rows_of_params
from modelyard.infrastructure.database.tables import (
    aliases,
    blobs,
    models,
    version_files,
    version_tags,
    version_values,
    versions,
)
from modelyard.infrastructure.database.text_index import VERSION_TEXTS, document_of

_named = models.alias("named")
_MODEL_ID = select(_named.c.id).where(_named.c.name == bindparam("model")).scalar_subquery()
"""Known before versions are looked at, so that PostgreSQL reads the index of one model in order and need not sort."""


class _Referred:
    """One statement in four forms, one for each kind of reference, built at import."""

    def __init__(self, statement: Select[Any]) -> None:
        of_model = statement.where(models.c.name == bindparam("model"))
        in_order = statement.where(versions.c.model_id == _MODEL_ID)
        by_stage = in_order.where(versions.c.stage == bindparam("stage"))
        by_alias = of_model.join(aliases, aliases.c.version_id == versions.c.id)
        newest_in_stage = by_stage.order_by(versions.c.stage_changed_at_ms.desc(), versions.c.number.desc())
        its_alias = (aliases.c.model_id == models.c.id, aliases.c.name == bindparam("alias"))
        self.by_number = Prepared(of_model.where(versions.c.number == bindparam("number")))
        self.by_stage = Prepared(newest_in_stage.limit(ONE))
        self.latest = Prepared(in_order.order_by(versions.c.number.desc()).limit(ONE))
        self.by_alias = Prepared(by_alias.where(*its_alias))

    def to(self, reference: Reference) -> tuple[Prepared, dict[str, str | int]]:
        """The form for a reference, and its parameters but for `model`."""
        match reference:
            case ByNumber(number):
                return self.by_number, {"number": number}
            case ByStage(stage):
                return self.by_stage, {"stage": stage.value}
            case ByAlias(alias):
                return self.by_alias, {"alias": alias}
            case _:
                return self.latest, {}


_VERSION = _Referred(SELECT_VERSION)
_VERSION_ID = _Referred(select(versions.c.id).join(models, models.c.id == versions.c.model_id))
_FILES = (
    select(
        version_files.c.path,
        blobs.c.digest,
        blobs.c.size_bytes,
        version_files.c.media_type,
        blobs.c.generation,
        blobs.c.state,
    )
    .join(blobs, blobs.c.id == version_files.c.blob_id)
    .where(version_files.c.version_id == bindparam("version_id"))
    .order_by(version_files.c.path)
)
_NEWEST = SELECT_SUMMARY.where(versions.c.model_id == _MODEL_ID).order_by(versions.c.number.desc())
_FILE = Prepared(_FILES.where(version_files.c.path == bindparam("path")))
_AFTER = (
    select(versions.c.id, models.c.name, versions.c.number)
    .join(models, models.c.id == versions.c.model_id)
    .where(versions.c.id > bindparam("beyond"))
    .order_by(versions.c.id)
    .limit(bindparam("at_most"))
)
_MODEL_EXISTS = select(always()).where(models.c.name == bindparam("model"))
_IN_PRODUCTION = (
    select(versions.c.model_id, versions.c.id, versions.c.number)
    .where(versions.c.model_id.in_(bindparam("model_ids", expanding=True)), versions.c.stage == Stage.PRODUCTION.value)
    .order_by(versions.c.stage_changed_at_ms, versions.c.number)
)
_IN_STAGE = (
    select(versions.c.number)
    .where(versions.c.model_id == bindparam("model_id"), versions.c.stage == bindparam("stage"))
    .order_by(versions.c.number)
)
_ADD = Prepared(
    insert(versions).returning(versions.c.id), [column.name for column in versions.c if not column.primary_key]
)
_DELETE_METADATA = delete(version_values).where(
    version_values.c.version_id == bindparam("of_version"),
    version_values.c.path >= "meta.",
    version_values.c.path < "meta/",
)
_ADD_FILES = Prepared(insert(version_files), version_files.c.keys())
_ADD_TAGS = Prepared(insert(version_tags), version_tags.c.keys())
_DELETE_TAGS = delete(version_tags).where(version_tags.c.version_id == bindparam("of_version"))
_DELETE = delete(versions).where(versions.c.id == bindparam("version_id"))
_THIS = (versions.c.model_id == bindparam("of_model"), versions.c.number == bindparam("of_number"))
_CHANGED = {
    "revision": versions.c.revision + 1,
    "updated_at_ms": bindparam("at_ms"),
    "updated_by": bindparam("by"),
}
_TOUCH = update(versions).where(*_THIS).values(_CHANGED)
_SAVE = (
    update(versions)
    .where(*_THIS)
    .values({name: bindparam(name) for name in ("description", "metadata", "card", "revision")})
    .values(updated_at_ms=bindparam("at_ms"), updated_by=bindparam("by"))
)
_SET_STAGE = (
    update(versions)
    .where(*_THIS)
    .values(_CHANGED)
    .values(
        stage=bindparam("stage"),
        stage_changed_at_ms=bindparam("at_ms"),
        has_been_in_production=versions.c.has_been_in_production | bindparam("is_production"),
    )
)


@lru_cache(maxsize=16)
def _newest(limit: int) -> Prepared:
    return Prepared(_NEWEST.limit(literal_column(str(limit), Integer)))


class SqlVersions:
    """`Versions` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, version: NewVersion, *, by: str, at: datetime) -> ModelVersion:
        """Files and parameters are written twice: as sealed JSON to be read, and as rows to be found."""
        (version_id,) = _ADD.one(self._connection, _row_of(version, by, to_ms(at)))
        content = version.draft.content
        files = [
            {"version_id": version_id, "path": file.path, "blob_id": blob_id, "media_type": file.media_type}
            for file, blob_id in zip(content.files, version.blob_ids, strict=True)
        ]
        tags = [{"version_id": version_id, "key": key, "value": value} for key, value in version.draft.tags.items()]
        values = [
            *rows_of_params(version_id, content.params),
            *rows_of(version_id, "meta", version.draft.metadata),
            *rows_of(version_id, "lineage", content.lineage),
        ]
        for statement, rows in ((_ADD_FILES, files), (_ADD_TAGS, tags), (ADD_VALUES, values)):
            if rows:
                statement.many(self._connection, rows)
        draft = version.draft
        words = document_of(version.model.name, draft.description, draft.tags, draft.card)
        VERSION_TEXTS.add(self._connection, version_id, words)
        return added_version(version, version_id, by, at)

    def get(self, model: str, reference: Reference) -> ModelVersion:
        """In one statement; only a miss asks whether it was the model."""
        statement, parameters = _VERSION.to(reference)
        row = statement.first(self._connection, {"model": model, **parameters})
        return version_of(row) if row is not None else self._miss(model, reference)

    def newest(self, model: str, *, limit: int) -> Sequence[VersionSummary]:
        """In one statement, which is a snapshot by itself."""
        return [summary_of(row) for row in _newest(limit).all(self._connection, {"model": model})]

    def in_production(self, model_ids: Collection[int]) -> Mapping[int, tuple[int, int]]:
        """From the index of stages, in the order in which they entered it."""
        if not model_ids:
            return {}
        found = self._connection.execute(_IN_PRODUCTION, {"model_ids": list(model_ids)})
        return {model_id: (version_id, number) for model_id, version_id, number in found}

    def in_stage(self, model_id: int, stage: Stage) -> Sequence[int]:
        """From the index of stages."""
        return self._connection.execute(_IN_STAGE, {"model_id": model_id, "stage": stage.value}).scalars().all()

    def save(self, version: ModelVersion) -> None:
        """Replaces all tags, and what is searched of the metadata."""
        values = {
            "of_model": version.model_id,
            "of_number": version.number,
            "description": version.description,
            "metadata": plain_json(version.metadata),
            "card": version.card,
            "revision": version.revision,
            "at_ms": to_ms(version.updated_at),
            "by": version.updated_by,
        }
        self._connection.execute(_SAVE, values)
        self._connection.execute(_DELETE_TAGS, {"of_version": version.id})
        if version.tags:
            tags = [{"version_id": version.id, "key": key, "value": value} for key, value in version.tags.items()]
            _ADD_TAGS.many(self._connection, tags)
        self._connection.execute(_DELETE_METADATA, {"of_version": version.id})
        if metadata := list(rows_of(version.id, "meta", version.metadata)):
            ADD_VALUES.many(self._connection, metadata)
        words = document_of(version.model, version.description, version.tags, version.card)
        VERSION_TEXTS.replace(self._connection, version.id, words)

    def set_stage(self, model_id: int, number: int, stage: Stage, *, by: str, at: datetime) -> None:
        """One update."""
        values = {"of_model": model_id, "of_number": number, "stage": stage.value, "at_ms": to_ms(at), "by": by}
        self._connection.execute(_SET_STAGE, {**values, "is_production": stage is Stage.PRODUCTION})

    def touch(self, model_id: int, number: int, *, by: str, at: datetime) -> None:
        """The revision counts in SQL."""
        values = {"of_model": model_id, "of_number": number, "at_ms": to_ms(at), "by": by}
        self._connection.execute(_TOUCH, values)

    def delete(self, version_id: int) -> None:
        """Foreign keys take along what belongs to it."""
        self._connection.execute(_DELETE, {"version_id": version_id})

    def file(self, model: str, reference: Reference, path: str) -> StoredFile:
        """By two primary keys, without reading the version."""
        statement, parameters = _VERSION_ID.to(reference)
        found = statement.first(self._connection, {"model": model, **parameters})
        if found is None:
            self._miss(model, reference)
        row = _FILE.first(self._connection, {"version_id": found[0], "path": path})
        if row is None:
            raise FileNotInVersion(f"{model} {reference} has no file {path[:200]!r}", hint="List its files.")
        return _stored_file(row)

    def files(self, model: str, reference: Reference) -> tuple[ModelVersion, Sequence[StoredFile]]:
        """In two statements."""
        version = self.get(model, reference)
        rows = self._connection.execute(_FILES, {"version_id": version.id})
        return version, [_stored_file(row) for row in rows]

    def after(self, version_id: int, *, limit: int) -> Sequence[tuple[int, str, int]]:
        """By primary key."""
        rows = self._connection.execute(_AFTER, {"beyond": version_id, "at_most": limit})
        return [(row.id, row.name, row.number) for row in rows]

    def _miss(self, model: str, reference: Reference) -> NoReturn:
        if self._connection.execute(_MODEL_EXISTS, {"model": model}).first() is None:
            raise no_model(model)
        raise VersionNotFound(f"{model} has no version {reference}", hint="List the versions of the model.")


def _row_of(version: NewVersion, by: str, at_ms: int) -> dict[str, Any]:
    content = version.draft.content
    return {
        **{name: plain_json(getattr(content, name)) for name in ("params", "framework", "signature", "lineage")},
        "files": content.canonical_parts()["files"].decode(),
        "model_id": version.model.id,
        "number": version.model.number,
        "stage": Stage.DRAFT.value,
        "stage_changed_at_ms": at_ms,
        "has_been_in_production": False,
        "description": version.draft.description,
        "metadata": plain_json(version.draft.metadata),
        "card": version.draft.card,
        "framework_name": (content.framework or {}).get("name"),
        "digest": version.digest,
        "size_bytes": content.size_bytes,
        "file_count": len(content.files),
        "created_at_ms": at_ms,
        "created_by": by,
        "updated_at_ms": at_ms,
        "updated_by": by,
        "revision": 1,
    }


def _stored_file(row: Sequence[Any]) -> StoredFile:
    path, digest, size_bytes, media_type, generation, state = row
    return StoredFile(
        file=File(path=path, digest=Digest(digest), size_bytes=size_bytes, media_type=media_type),
        key=BlobKey(digest=Digest(digest), generation=generation),
        state=BlobState(state),
    )
