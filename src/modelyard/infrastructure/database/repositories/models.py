"""Models in tables."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from modelyard.application.ports.models import NumberedModel
from modelyard.domain.access.standing import Visibility
from modelyard.domain.errors import ModelExists
from modelyard.domain.lifecycle import Stage
from modelyard.domain.registered_model import ModelDraft, RegisteredModel, no_model
from modelyard.infrastructure.database.dialects import json_array, json_object
from modelyard.infrastructure.database.locks import hold
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.tables import model_tags, models, versions
from modelyard.infrastructure.database.text_index import MODEL_TEXTS, document_of, refill_versions
from modelyard.infrastructure.database.visibility import names_shown

_TAGS = (
    select(json_object(model_tags.c.key, model_tags.c.value))
    .where(model_tags.c.model_id == models.c.id)
    .correlate(models)
    .scalar_subquery()
)
_LATEST = (
    select(func.max(versions.c.number)).where(versions.c.model_id == models.c.id).correlate(models).scalar_subquery()
)
_PRODUCTION = (
    select(json_array(versions.c.number))
    .where(versions.c.model_id == models.c.id, versions.c.stage == Stage.PRODUCTION.value)
    .correlate(models)
    .scalar_subquery()
)

SELECT_MODEL: Select[tuple[object, ...]] = select(
    models.c.id,
    models.c.name,
    models.c.description,
    _TAGS.label("tags"),
    _LATEST.label("latest_version"),
    _PRODUCTION.label("production"),
    models.c.created_at_ms,
    models.c.created_by,
    models.c.updated_at_ms,
    models.c.updated_by,
    models.c.revision,
)
"""A model whole, in one statement."""

_BY_NAME = Prepared(SELECT_MODEL.where(models.c.name == bindparam("model")))
_NAME = select(models.c.name).where(models.c.id == bindparam("model_id"))
_LOCK = select(models.c.id).where(models.c.name == bindparam("model")).with_for_update()
_ADD = {
    "sqlite": sqlite.insert(models).on_conflict_do_nothing().returning(models.c.id),
    "postgresql": postgresql.insert(models).on_conflict_do_nothing().returning(models.c.id),
}
_SAVE = (
    update(models)
    .where(models.c.id == bindparam("model_id"))
    .values(
        {column: bindparam(column) for column in ("name", "description", "updated_at_ms", "updated_by", "revision")}
    )
)
_TOUCH = (
    update(models)
    .where(models.c.id == bindparam("model_id"))
    .values(
        revision=models.c.revision + 1,
        size_bytes=models.c.size_bytes + bindparam("added_bytes"),
        updated_at_ms=bindparam("updated_at_ms"),
        updated_by=bindparam("updated_by"),
    )
)
_NEXT_NUMBER = Prepared(
    update(models)
    .where(models.c.name == bindparam("model"))
    .values(
        last_number=models.c.last_number + 1,
        size_bytes=models.c.size_bytes + bindparam("added_bytes"),
        revision=models.c.revision + 1,
        updated_at_ms=bindparam("at_ms"),
        updated_by=bindparam("by"),
    )
    .returning(models.c.id, models.c.last_number)
)
_DELETE = delete(models).where(models.c.id == bindparam("model_id"))
_ADD_TAGS = insert(model_tags)
_DELETE_TAGS = delete(model_tags).where(model_tags.c.model_id == bindparam("of_model"))


def model_of(row: Sequence[Any]) -> RegisteredModel:
    """The model that a row of `SELECT_MODEL` describes."""
    return RegisteredModel(
        id=row[0],
        name=row[1],
        description=row[2],
        tags=json.loads(row[3]),
        latest_version=row[4],
        production=tuple(sorted(json.loads(row[5]))),
        created_at=from_ms(row[6]),
        created_by=row[7],
        updated_at=from_ms(row[8]),
        updated_by=row[9],
        revision=row[10],
    )


class SqlModels:
    """`Models` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, draft: ModelDraft, *, by: str, at: datetime) -> None:
        """A unique constraint finds the name taken, and leaves the transaction whole."""
        at_ms = to_ms(at)
        values = {
            "name": draft.name,
            "description": draft.description,
            "last_number": 0,
            "size_bytes": 0,
            "created_at_ms": at_ms,
            "created_by": by,
            "updated_at_ms": at_ms,
            "updated_by": by,
            "revision": 1,
        }
        model_id = self._connection.execute(_ADD[self._connection.dialect.name], values).scalar()
        if model_id is None:
            raise _exists(draft.name)
        self._add_tags(model_id, draft.tags)
        MODEL_TEXTS.add(self._connection, model_id, document_of(draft.name, draft.description, draft.tags))

    def get(self, name: str) -> RegisteredModel:
        """In one statement, tags and numbers included."""
        row = _BY_NAME.first(self._connection, {"model": name})
        if row is None:
            raise no_model(name)
        return model_of(row)

    def get_to_change(self, name: str) -> RegisteredModel:
        """Locks the model's row where the database locks rows; SQLite has one writer.

        It reads in a second statement: what the first one sees beside the row is older than its lock.
        """
        if self._connection.dialect.name != "sqlite":
            self._connection.execute(_LOCK, {"model": name})
        return self.get(name)

    def save(self, model: RegisteredModel) -> None:
        """Replaces all tags. Under another name the words of all its versions are indexed anew."""
        values = {
            "model_id": model.id,
            "name": model.name,
            "description": model.description,
            "updated_at_ms": to_ms(model.updated_at),
            "updated_by": model.updated_by,
            "revision": model.revision,
        }
        name = self._connection.execute(_NAME, {"model_id": model.id}).scalar()
        try:
            with self._connection.begin_nested():  # PostgreSQL gives up all that is not in a savepoint
                self._connection.execute(_SAVE, values)
        except IntegrityError as error:
            raise _exists(model.name) from error
        self._connection.execute(_DELETE_TAGS, {"of_model": model.id})
        self._add_tags(model.id, model.tags)
        MODEL_TEXTS.replace(self._connection, model.id, document_of(model.name, model.description, model.tags))
        if name != model.name:
            refill_versions(self._connection, model.id, model.name)

    def touch(self, model_id: int, *, by: str, at: datetime, added_bytes: int = 0) -> None:
        """The revision and the bytes count in SQL."""
        values = {"model_id": model_id, "added_bytes": added_bytes, "updated_at_ms": to_ms(at), "updated_by": by}
        self._connection.execute(_TOUCH, values)

    def next_number(self, name: str, added_bytes: int, *, by: str, at: datetime) -> NumberedModel:
        """The counter stands on the model's row: `max() + 1` would give a number to two, or again after a deletion."""
        values = {"model": name, "added_bytes": added_bytes, "at_ms": to_ms(at), "by": by}
        row = _NEXT_NUMBER.first(self._connection, values)
        if row is None:
            raise no_model(name)
        return NumberedModel(id=row[0], name=name, number=row[1])

    def bytes_to_change(self, pattern: str) -> int:
        """From the counters on the models' rows, behind a lock of the glob."""
        hold(self._connection, f"quota/{pattern}")
        shown = names_shown(models.c.name, Visibility(frozenset({pattern})))
        return int(
            self._connection.execute(select(func.coalesce(func.sum(models.c.size_bytes), 0)).where(shown)).scalar_one()
        )

    def delete(self, model_id: int) -> None:
        """Foreign keys take along what belongs to it."""
        self._connection.execute(_DELETE, {"model_id": model_id})

    def _add_tags(self, model_id: int, tags: Mapping[str, str]) -> None:
        if tags:
            rows = [{"model_id": model_id, "key": key, "value": value} for key, value in tags.items()]
            self._connection.execute(_ADD_TAGS, rows)


def _exists(name: str) -> ModelExists:
    return ModelExists(f"a model {name!r} exists already", hint="Register a version of it, or choose another name.")
