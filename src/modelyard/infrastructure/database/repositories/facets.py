"""Counting what a search finds by the values that it has."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Integer,
    TableValuedAlias,
    Text,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
)

from modelyard.application.ports.search import Facet, Facets, FacetValue
from modelyard.domain.query.rendering import render
from modelyard.domain.query.syntax import Field, Present
from modelyard.infrastructure.database.search_pages import SearchPages
from modelyard.infrastructure.database.tables import version_tags, versions

_VALUES: Final = 20
"""Values of one field that are told of, the most frequent ones."""

_TAGS: Final = 500
"""Pairs of keys and values of tags that are looked at, the most frequent ones."""

_OWN: Final = {"stage": versions.c.stage, "framework": versions.c.framework_name, "owner": versions.c.created_by}


def facets_of(connection: Connection, pages: SearchPages, at_most: int) -> Facets:
    """Which versions first, and then two statements over these: one of their own columns, one of their tags."""
    newest = _rows_of(connection, connection.execute(pages.newest(at_most)).scalars().all())
    key = newest.c.value if connection.dialect.name == "sqlite" else cast(newest.c.value, BigInteger)
    number = func.count().label("number")
    own = select(*_OWN.values(), number).select_from(newest.join(versions, versions.c.id == key))
    counts: dict[str, Counter[str]] = {field: Counter() for field in _OWN}
    counted = 0
    for *values, count in connection.execute(own.group_by(*_OWN.values())):
        counted += count
        for field, value in zip(_OWN, values, strict=True):
            if value is not None:
                counts[field][value] += count
    tagged = select(version_tags.c.key, version_tags.c.value, number)
    tagged = tagged.select_from(newest.join(version_tags, version_tags.c.version_id == key))
    tagged = tagged.group_by(version_tags.c.key, version_tags.c.value).order_by(number.desc(), version_tags.c.key)
    tagged = tagged.order_by(version_tags.c.value).limit(literal_column(str(_TAGS), Integer))
    for name, value, count in connection.execute(tagged):
        counts.setdefault(_tag(name), Counter())[value] += count
    return Facets(counted=counted, is_complete=counted < at_most, facets=_facets(counts))


def _rows_of(connection: Connection, keys: Sequence[int]) -> TableValuedAlias:
    """A list of keys as a table with the column `value`, sent as one parameter."""
    listed = json.dumps(list(keys))
    if connection.dialect.name == "sqlite":
        return func.json_each(listed).table_valued(column("value", Integer)).alias("newest")
    return func.json_array_elements_text(cast(literal(listed, Text), JSON)).table_valued("value").alias("newest")


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
