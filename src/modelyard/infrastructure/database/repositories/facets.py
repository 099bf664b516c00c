"""Counting what a search finds by the values that it has."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, Integer, func, literal_column, select

from modelyard.application.ports.search import Facet, Facets, FacetValue
from modelyard.domain.query.rendering import render
from modelyard.domain.query.syntax import Field, Present
from modelyard.infrastructure.database.dialects import one_of
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.search_pages import SearchPages
from modelyard.infrastructure.database.search_statements import KEYS
from modelyard.infrastructure.database.tables import version_tags, versions

_VALUES: Final = 20
"""Values of one field that are told of, the most frequent ones."""

_TAGS: Final = 500
"""Pairs of keys and values of tags that are looked at, the most frequent ones."""

_OWN: Final = {"stage": versions.c.stage, "framework": versions.c.framework_name, "owner": versions.c.created_by}

_NUMBER = func.count().label("number")
_COUNT_OWN = Prepared(select(*_OWN.values(), _NUMBER).where(one_of(versions.c.id, KEYS)).group_by(*_OWN.values()))
_COUNT_TAGS = Prepared(
    select(version_tags.c.key, version_tags.c.value, _NUMBER)
    .where(one_of(version_tags.c.version_id, KEYS))
    .group_by(version_tags.c.key, version_tags.c.value)
    .order_by(_NUMBER.desc(), version_tags.c.key, version_tags.c.value)
    .limit(literal_column(str(_TAGS), Integer))
)


def facets_of(connection: Connection, pages: SearchPages, at_most: int) -> Facets:
    """Which versions first, and then two statements over these: one of their own columns, one of their tags."""
    keys = {KEYS: json.dumps(pages.newest(at_most))}
    counts: dict[str, Counter[str]] = {field: Counter() for field in _OWN}
    counted = 0
    for *values, count in _COUNT_OWN.all(connection, keys):
        counted += count
        for field, value in zip(_OWN, values, strict=True):
            if value is not None:
                counts[field][value] += count
    for name, value, count in _COUNT_TAGS.all(connection, keys):
        counts.setdefault(_tag(name), Counter())[value] += count
    return Facets(counted=counted, is_complete=counted < at_most, facets=_facets(counts))


def _tag(key: str) -> str:
    return render(Present(Field("tag", key))).removesuffix(":*")


def _facets(counts: Mapping[str, Counter[str]]) -> list[Facet]:
    return [
        Facet(field, [FacetValue(value, count) for value, count in _most(values)])
        for field, values in counts.items()
        if values
    ]


def _most(values: Counter[str]) -> list[tuple[str, int]]:
    return sorted(values.items(), key=lambda item: (-item[1], item[0]))[:_VALUES]
