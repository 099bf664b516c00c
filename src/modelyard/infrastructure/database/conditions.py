"""From a query's syntax tree to SQL conditions: the one place that knows which column a field is."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, exists, func, or_, select, true

from modelyard.domain.query.syntax import And, Comparison, Expression, Field, Present, Words
from modelyard.infrastructure.database.dialects import ascii_lower, letter_case_folded, same_text
from modelyard.infrastructure.database.letter_case import folded
from modelyard.infrastructure.database.tables import (
    aliases,
    model_tags,
    models,
    version_params,
    version_tags,
    versions,
)

Condition = ColumnElement[bool]
Fields = Mapping[str, Callable[[Field, str | int | None], Condition]]
"""How each field is compared; the value is `None` where it need only be there."""


def model_condition(expression: Expression) -> Condition:
    """What a model must fulfil, in a statement over `models`."""
    return _condition(expression, _MODEL_FIELDS, _words_in_model)


def version_condition(expression: Expression) -> Condition:
    """What a version must fulfil, in a statement over `versions` joined with `models`."""
    return _condition(expression, _VERSION_FIELDS, _words_in_version)


def _condition(expression: Expression, fields: Fields, words: Callable[[str], Condition]) -> Condition:
    match expression:
        case Words(text):
            return words(text)
        case Comparison(field, _, value):
            return fields[field.root](field, value)
        case Present(field):
            return fields[field.root](field, None)
        case And(operands):
            return and_(true(), *(_condition(operand, fields, words) for operand in operands))


def _column(column: ColumnElement[Any]) -> Callable[[Field, str | int | None], Condition]:
    def compared(_: Field, value: str | int | None) -> Condition:
        return column.is_not(None) if value is None else column == value

    return compared


def _keyed(table: Table, value_column: str, owner: Condition) -> Callable[[Field, str | int | None], Condition]:
    def compared(field: Field, value: str | int | None) -> Condition:
        condition = exists().where(owner, table.c.key == field.key)
        return condition if value is None else condition.where(same_text(table.c[value_column], value))

    return compared


def _alias(_: Field, value: str | int | None) -> Condition:
    condition = exists().where(aliases.c.version_id == versions.c.id)
    return condition if value is None else condition.where(aliases.c.name == value)


_MODEL_FIELDS: Fields = {
    "model": _column(models.c.name),
    "name": _column(models.c.name),
    "owner": _column(models.c.created_by),
    "tag": _keyed(model_tags, "value", model_tags.c.model_id == models.c.id),
}
_VERSION_FIELDS: Fields = {
    "model": _column(models.c.name),
    "name": _column(models.c.name),
    "number": _column(versions.c.number),
    "stage": _column(versions.c.stage),
    "alias": _alias,
    "framework": _column(versions.c.framework_name),
    "owner": _column(versions.c.created_by),
    "digest": _column(versions.c.digest),
    "tag": _keyed(version_tags, "value", version_tags.c.version_id == versions.c.id),
    "param": _keyed(version_params, "text_value", version_params.c.version_id == versions.c.id),
}


def _words_in_model(text: str) -> Condition:
    tagged = _tagged(select(model_tags.c.model_id).where(model_tags.c.model_id == models.c.id), model_tags, text)
    return or_(_contains(models.c.name, text), _contains(models.c.description, text), tagged)


def _words_in_version(text: str) -> Condition:
    tagged = _tagged(
        select(version_tags.c.version_id).where(version_tags.c.version_id == versions.c.id), version_tags, text
    )
    columns = (models.c.name, versions.c.description, versions.c.card)
    return or_(*(_contains(column, text) for column in columns), tagged)


def _tagged(statement: Select[int], table: Table, text: str) -> Condition:
    return statement.where(or_(_contains(table.c.key, text), _contains(table.c.value, text))).exists()


def _contains(column: ColumnElement[str], text: str) -> Condition:
    """Whether the text occurs, whatever the letter case; `%` and `_` are plain characters.

    ASCII text a database compares by itself. For other text SQLite calls Python, row by row and in turn with the event
    loop; only rows that hold other characters are asked.
    """
    wanted = folded(text)
    if wanted.isascii():
        return ascii_lower(column).contains(wanted, autoescape=True)
    has_other_characters = func.octet_length(column) > func.length(column)
    return and_(has_other_characters, letter_case_folded(column).contains(wanted, autoescape=True))
