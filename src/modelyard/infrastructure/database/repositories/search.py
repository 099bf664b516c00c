"""Searches in tables: the keys of what is found, and then what is shown of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, select

from modelyard.application.ports.search import Facets, Rows, Window
from modelyard.domain.access.standing import ALL_VISIBLE, Visibility
from modelyard.domain.model_version import VersionSummary
from modelyard.domain.query.syntax import EVERYTHING, Expression, Field
from modelyard.domain.registered_model import RegisteredModel
from modelyard.infrastructure.database.conditions import model_condition, model_test, version_condition, version_test
from modelyard.infrastructure.database.dialects import one_of
from modelyard.infrastructure.database.drivers import model_source, version_source
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.relevance import score_of_model, score_of_version
from modelyard.infrastructure.database.repositories.facets import facets_of
from modelyard.infrastructure.database.repositories.models import SELECT_MODEL, model_of
from modelyard.infrastructure.database.repositories.suggestions import keys_of, names_of, values_of
from modelyard.infrastructure.database.repositories.version_rows import SELECT_SUMMARY, summary_of
from modelyard.infrastructure.database.search_limit import limited
from modelyard.infrastructure.database.search_pages import SearchPages
from modelyard.infrastructure.database.search_statements import KEYS, Searched
from modelyard.infrastructure.database.tables import models, versions
from modelyard.infrastructure.database.text_index import MODEL_TEXTS, VERSION_TEXTS

T = TypeVar("T")

_SUGGESTING: Final = 2_000
"""Versions that suggestions are taken from where not all may be seen."""

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

    def __init__(self, connection: Connection, visible: Visibility = ALL_VISIBLE) -> None:
        self._connection = connection
        self._visible = visible

    def models(self, expression: Expression, window: Window) -> Rows[RegisteredModel]:
        """Their keys first, so that nothing is read of what is not shown."""
        with limited(self._connection):
            found = self._pages(MODELS, expression).page(window)
            return Rows(self._shown(_MODELS, found.items, model_of), found.next_after)

    def versions(self, expression: Expression, model_id: int | None, window: Window) -> Rows[VersionSummary]:
        """As models."""
        with limited(self._connection):
            found = self._pages(VERSIONS, expression, model_id).page(window)
            return Rows(self._shown(_SUMMARIES, found.items, summary_of), found.next_after)

    def cards(self, version_ids: Sequence[int]) -> Mapping[int, str]:
        """By primary key."""
        found = self._connection.execute(select(versions.c.id, versions.c.card).where(versions.c.id.in_(version_ids)))
        return {row.id: row.card for row in found}

    def facets(self, expression: Expression, model_id: int | None, *, at_most: int) -> Facets:
        """Over a subquery with a limit, so that counting stops there."""
        with limited(self._connection):
            pages = self._pages(VERSIONS, expression, model_id)
            return facets_of(self._connection, pages, at_most)

    def keys(self, root: str, prefix: str, *, limit: int) -> Sequence[str]:
        """From indexes; who sees a part is told of the newest versions that they see."""
        return keys_of(self._connection, root, prefix, limit, self._among())

    def values(self, field: Field, prefix: str, *, limit: int) -> Sequence[str]:
        """From indexes; who sees a part is told of the newest versions that they see."""
        if field.root in {"model", "name"}:
            return names_of(self._connection, prefix, limit, self._visible)
        return values_of(self._connection, field, prefix, limit, self._among())

    def count_models(self, expression: Expression, *, at_most: int) -> int:
        """Over a subquery with a limit, so that counting stops there."""
        with limited(self._connection):
            return self._pages(MODELS, expression).count(at_most)

    def count_versions(self, expression: Expression, model_id: int | None, *, at_most: int) -> int:
        """Over a subquery with a limit, so that counting stops there."""
        with limited(self._connection):
            return self._pages(VERSIONS, expression, model_id).count(at_most)

    def _pages(self, searched: Searched, expression: Expression, model_id: int | None = None) -> SearchPages:
        return SearchPages(self._connection, searched, expression, model_id, self._visible)

    def _among(self) -> Sequence[int] | None:
        """The versions that suggestions are taken from; None for all."""
        if self._visible.is_everything:
            return None
        with limited(self._connection):
            return self._pages(VERSIONS, EVERYTHING).newest(_SUGGESTING)

    def _shown(self, statement: Prepared, keys: Sequence[int], item_of: Callable[[Sequence[Any]], T]) -> Sequence[T]:
        if not keys:
            return []
        rows = {row[0]: row for row in statement.all(self._connection, {KEYS: json.dumps(keys)})}
        return [item_of(rows[each]) for each in keys]
