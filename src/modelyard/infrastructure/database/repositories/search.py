"""Searches in tables: the keys of what is found, and then what is shown of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, select

from modelyard.application.ports.search import Facets, Rows, Window
from modelyard.domain.model_version import VersionSummary
from modelyard.domain.query.syntax import Expression, Field
from modelyard.domain.registered_model import RegisteredModel
from modelyard.infrastructure.database.conditions import model_condition, model_test, version_condition, version_test
from modelyard.infrastructure.database.dialects import one_of
from modelyard.infrastructure.database.drivers import model_source, version_source
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.relevance import score_of_model, score_of_version
from modelyard.infrastructure.database.repositories.facets import facets_of
from modelyard.infrastructure.database.repositories.models import SELECT_MODEL, model_of
from modelyard.infrastructure.database.repositories.suggestions import keys_of, values_of
from modelyard.infrastructure.database.repositories.version_rows import SELECT_SUMMARY, summary_of
from modelyard.infrastructure.database.search_limit import limited
from modelyard.infrastructure.database.search_pages import SearchPages
from modelyard.infrastructure.database.search_statements import KEYS, Searched
from modelyard.infrastructure.database.tables import models, versions
from modelyard.infrastructure.database.text_index import MODEL_TEXTS, VERSION_TEXTS

T = TypeVar("T")

MODELS: Final = Searched(
    table=models,
    columns={"name": models.c.name, "created_at": models.c.created_at_ms, "updated_at": models.c.updated_at_ms},
    condition=model_condition,
    test_of=model_test,
    source_of=model_source,
    texts=MODEL_TEXTS,
    scored=score_of_model,
)
VERSIONS: Final = Searched(
    table=versions,
    columns={
        "number": versions.c.number,
        "model": models.c.name,
        "stage": versions.c.stage,
        "created_at": versions.c.created_at_ms,
        "updated_at": versions.c.updated_at_ms,
        "size_bytes": versions.c.size_bytes,
    },
    condition=version_condition,
    test_of=version_test,
    source_of=version_source,
    texts=VERSION_TEXTS,
    scored=score_of_version,
)

_MODELS: Final = Prepared(SELECT_MODEL.where(one_of(models.c.id, KEYS)))
_SUMMARIES: Final = Prepared(SELECT_SUMMARY.where(one_of(versions.c.id, KEYS)))


class SqlSearch:
    """`Search` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def models(self, expression: Expression, window: Window) -> Rows[RegisteredModel]:
        """Their keys first, so that nothing is read of what is not shown."""
        with limited(self._connection):
            found = SearchPages(self._connection, MODELS, expression).page(window)
            return Rows(self._shown(_MODELS, found.items, model_of), found.next_after)

    def versions(self, expression: Expression, model_id: int | None, window: Window) -> Rows[VersionSummary]:
        """As models."""
        with limited(self._connection):
            found = SearchPages(self._connection, VERSIONS, expression, model_id).page(window)
            return Rows(self._shown(_SUMMARIES, found.items, summary_of), found.next_after)

    def cards(self, version_ids: Sequence[int]) -> Mapping[int, str]:
        """By primary key."""
        found = self._connection.execute(select(versions.c.id, versions.c.card).where(versions.c.id.in_(version_ids)))
        return {row.id: row.card for row in found}

    def facets(self, expression: Expression, model_id: int | None, *, at_most: int) -> Facets:
        """Over a subquery with a limit, so that counting stops there."""
        with limited(self._connection):
            pages = SearchPages(self._connection, VERSIONS, expression, model_id)
            return facets_of(self._connection, pages, at_most)

    def keys(self, root: str, prefix: str, *, limit: int) -> Sequence[str]:
        """From indexes."""
        return keys_of(self._connection, root, prefix, limit)

    def values(self, field: Field, prefix: str, *, limit: int) -> Sequence[str]:
        """From indexes."""
        return values_of(self._connection, field, prefix, limit)

    def count_models(self, expression: Expression, *, at_most: int) -> int:
        """Over a subquery with a limit, so that counting stops there."""
        with limited(self._connection):
            return SearchPages(self._connection, MODELS, expression).count(at_most)

    def count_versions(self, expression: Expression, model_id: int | None, *, at_most: int) -> int:
        """Over a subquery with a limit, so that counting stops there."""
        with limited(self._connection):
            return SearchPages(self._connection, VERSIONS, expression, model_id).count(at_most)

    def _shown(self, statement: Prepared, keys: Sequence[int], item_of: Callable[[Sequence[Any]], T]) -> Sequence[T]:
        if not keys:
            return []
        rows = {row[0]: row for row in statement.all(self._connection, {KEYS: json.dumps(keys)})}
        return [item_of(rows[each]) for each in keys]
