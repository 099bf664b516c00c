"""Where a search may begin: an index that holds, by itself, every row that a part of the query can find."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sqlalchemy import ColumnElement, Integer, Select, Subquery, func, literal_column, select, true, union_all

from modelyard.domain.query.syntax import (
    Among,
    And,
    Comparison,
    Expression,
    Field,
    Operator,
    Or,
    Present,
    Value,
    Words,
)
from modelyard.infrastructure.database.conditions import (
    Condition,
    Test,
    metric_rows,
    model_tag_rows,
    model_test,
    tag_rows,
    text_test,
    value_rows,
    version_test,
)
from modelyard.infrastructure.database.query_shapes import Slot, slot_of
from modelyard.infrastructure.database.tables import (
    aliases,
    latest_metrics,
    model_tags,
    models,
    version_tags,
    version_values,
    versions,
)
from modelyard.infrastructure.database.text_index import TextIndex, needles_of

Source: TypeAlias = tuple[ColumnElement[int], Condition, Test]
"""The key of a model or version, the rows of one field in a table that has an index for it, and their test."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A statement that gives the keys, as `id`, of all that can be found, and of some that cannot.

    `is_ordered` says that an index gives them in the order of keys, each once, so that a page can be read from it
    without reading them all.
    """

    ids: Select[int]
    is_ordered: bool
    parts: tuple[Expression, ...] = ()
    """Parts of the query that hold of all of them, so that they need not be looked at again."""

    ranged: Select[int] | None = None
    """Those within some ranges of keys (`key_ranges`), where the index finds all of these before it gives the first."""

    checks: tuple[Condition, ...] = ()
    """What `parts` ask besides of the same rows, which the index does not know."""

    def walked(self) -> Select[int]:
        """All of them, or those within some ranges, of which `parts` hold."""
        return (self.ids if self.ranged is None else self.ranged).where(*self.checks)

    def counted(self, at_most: int) -> Select[int]:
        """How many the index gives, as far as one cares to count; where they come in ranges, within some of these."""
        keys = self._bounded(at_most) if self.ranged is None else self.ranged.subquery()
        return select(func.count()).select_from(keys)

    def gathered(self, at_most: int) -> Subquery:
        """All of them, each once, where there are not more than `at_most`; those that come in ranges whatever."""
        keys = self._bounded(at_most) if self.ranged is None else self.ids.where(*self.checks).subquery()
        return select(keys.c.id).distinct().subquery("candidates")

    def _bounded(self, at_most: int) -> Subquery:
        """SQLite plans a statement anew at each run when a LIMIT is a bound parameter."""
        return self.ids.limit(literal_column(str(at_most), Integer)).subquery()


def drivers_of(
    tree: Expression, source_of: Callable[[Field], Source | None], texts: TextIndex, dialect: str
) -> list[Driver]:
    """One for each part of the query that an index can answer; those that can be walked in order come first."""
    found = [
        replace(driver, parts=(part,)) for part in parts_of(tree) if (driver := _of_part(part, source_of)) is not None
    ]
    if needles_of(tree) is not None:
        found.append(_of_words(tree, texts, dialect))
    return sorted(found, key=lambda driver: not driver.is_ordered)


def parts_of(expression: Expression) -> Sequence[Expression]:
    """What must all hold."""
    return expression.operands if isinstance(expression, And) else [expression]


def _of_words(tree: Expression, texts: TextIndex, dialect: str) -> Driver:
    """PostgreSQL's index stands beside the texts, which are looked at in passing; SQLite's keeps none."""
    words = [part for part in parts_of(tree) if isinstance(part, Words)]
    inexact = [part for part in words if not slot_of(part.text).is_word]
    if dialect == "sqlite":
        exact = tuple(part for part in words if part not in inexact)
        return Driver(texts.candidates(dialect), is_ordered=True, parts=exact)
    checks = tuple(texts.contains(slot_of(part.text)) for part in inexact)
    return Driver(texts.candidates(dialect), is_ordered=True, parts=tuple(words), ranged=texts.ranged(), checks=checks)


def _of_part(part: Expression, source_of: Callable[[Field], Source | None]) -> Driver | None:
    match part:
        case Comparison(field, operator, value):
            return _of_comparison(source_of(field), field, operator, slot_of(value))
        case Present(field):
            source = source_of(field)
            return Driver(_ids(source, None, ""), is_ordered=False) if source and field.key else None
        case Among(field, values):
            return _of_any([Comparison(field, Operator.IS, value) for value in values], source_of)
        case Or(operands):
            return _of_any(operands, source_of)
        case _:
            return None


def _of_comparison(source: Source | None, field: Field, operator: Operator, value: Slot) -> Driver | None:
    is_long = value.is_text and not value.is_short
    if source is None or operator in {Operator.IS_NOT, Operator.CONTAINS} or is_long:
        return None
    if value.is_numeral and operator is Operator.IS:
        key, rows, _ = source
        columns = version_values.c
        by_number = _ids(source, Operator.AT_LEAST, value).where(columns.number_value <= value.number)
        by_text = select(key.label("id")).where(rows, text_test(columns.text_value, is_long=True)(operator, value))
        return _joined([by_number, by_text])
    return Driver(_ids(source, operator, value), is_ordered=operator is Operator.IS and field.root not in _SCATTERED)


def _of_any(parts: Sequence[Expression], source_of: Callable[[Field], Source | None]) -> Driver | None:
    each = [driver for part in parts if (driver := _of_part(part, source_of))]
    return _joined([driver.ids for driver in each]) if len(each) == len(parts) else None


def _joined(statements: Sequence[Select[int]]) -> Driver:
    return Driver(select(union_all(*statements).subquery().c.id), is_ordered=False)


def _ids(source: Source, operator: Operator | None, value: Value) -> Select[int]:
    key, rows, test = source
    return select(key.label("id")).where(rows, test(operator, value))


_SCATTERED = frozenset({"metric", "created", "updated", "number", "size", "model", "name"})
"""Fields whose indexes do not give the keys of one value in order."""

_INDEXED = frozenset({"stage", "framework", "owner", "digest", "model", "name", "number", "size", "created", "updated"})


def version_source(field: Field) -> Source | None:
    """Where the values of a field of versions are found by index."""
    match field.root:
        case "tag":
            return version_tags.c.version_id, *tag_rows(field)
        case "metric":
            return latest_metrics.c.version_id, *metric_rows(field)
        case "param" | "meta" | "lineage":
            return version_values.c.version_id, *value_rows(field)
        case "alias":
            return aliases.c.version_id, true(), text_test(aliases.c.name)
        case root:
            return (versions.c.id, true(), version_test(field)) if root in _INDEXED else None


def model_source(field: Field) -> Source | None:
    """Where the values of a field of models are found by index."""
    match field.root:
        case "tag":
            return model_tags.c.model_id, *model_tag_rows(field)
        case "model" | "name" | "created" | "updated":
            return models.c.id, true(), model_test(field)
        case _:
            return None
