"""From a query's syntax tree to SQL conditions: the one place that knows which column a field is.

A condition is true or false of every row and never NULL, so that `not` finds exactly what it leaves out. Trees are
shapes (`query_shapes`): the values come when a statement is run.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, false, func, literal, not_, or_, select, true

from modelyard.domain.query.syntax import (
    Among,
    And,
    Comparison,
    Expression,
    Field,
    Not,
    Operator,
    Or,
    Present,
    Value,
    Words,
)
from modelyard.domain.query.values import metric_key
from modelyard.infrastructure.database.dialects import (
    ascii_lower,
    letter_case_folded,
    looked_up,
    same_text,
    unindexed,
)
from modelyard.infrastructure.database.query_shapes import ESCAPE, Slot, slot_of
from modelyard.infrastructure.database.tables import (
    aliases,
    latest_metrics,
    model_tags,
    models,
    version_tags,
    version_values,
    versions,
)
from modelyard.infrastructure.database.text_index import MODEL_TEXTS, VERSION_TEXTS

Condition = ColumnElement[bool]
Column = ColumnElement[Any]
Test = Callable[[Operator | None, Value], Condition]
"""How the values of a field are held against one; without an operator it need only be there."""

_ORDER: Mapping[Operator, Callable[[ColumnElement[Any], Any], Condition]] = {
    Operator.IS: lambda column, value: column == value,
    Operator.IS_NOT: lambda column, value: column != value,
    Operator.GREATER: lambda column, value: column > value,
    Operator.AT_LEAST: lambda column, value: column >= value,
    Operator.LESS: lambda column, value: column < value,
    Operator.AT_MOST: lambda column, value: column <= value,
}


def model_condition(expression: Expression, dialect: str) -> Condition:
    """What a model must fulfil, in a statement over `models`. No index is used for it: see `drivers`.

    SQLite's index of words keeps no text, so the texts themselves are looked at; PostgreSQL's keeps them all in one.
    """
    words = _words_in_model if dialect == "sqlite" else partial(MODEL_TEXTS.holds, models.c.id)
    return _condition(expression, lambda field: _test_of_model(field, _CHECKED_OF_MODELS), words)


def version_condition(expression: Expression, dialect: str) -> Condition:
    """What a version must fulfil, in a statement over `versions`; it names no other table outside of subqueries."""
    words = _words_in_version if dialect == "sqlite" else partial(VERSION_TEXTS.holds, versions.c.id)
    return _condition(expression, lambda field: _test_of_version(field, _CHECKED_OF_VERSIONS), words)


def model_test(field: Field) -> Test:
    """How a field of a model is compared, in a statement over `models`, by an index where there is one."""
    return _test_of_model(field, _FOUND_OF_MODELS)


def version_test(field: Field) -> Test:
    """How a field of a version is compared, in a statement over `versions`, by an index where there is one."""
    return _test_of_version(field, _FOUND_OF_VERSIONS)


def _condition(
    expression: Expression, of_field: Callable[[Field], Test], words: Callable[[Slot], Condition]
) -> Condition:
    match expression:
        case Words(text):
            return words(slot_of(text))
        case Comparison(field, operator, value):
            return of_field(field)(operator, value)
        case Among(field, values):
            return or_(false(), *(of_field(field)(Operator.IS, value) for value in values))
        case Present(field):
            return of_field(field)(None, "")
        case And(operands):
            return and_(true(), *(_condition(operand, of_field, words) for operand in operands))
        case Or(operands):
            return or_(false(), *(_condition(operand, of_field, words) for operand in operands))
        case Not(operand):
            return not_(_condition(operand, of_field, words))


def _test_of_model(field: Field, tests: Mapping[str, Test]) -> Test:
    if field.root == "tag":
        rows, test = model_tag_rows(field)
        return within(models, model_tags.c.model_id == models.c.id, rows, test)
    return tests[field.root]


def _test_of_version(field: Field, tests: Mapping[str, Test]) -> Test:
    match field.root:
        case "tag":
            return within(versions, version_tags.c.version_id == versions.c.id, *tag_rows(field))
        case "metric":
            return within(versions, latest_metrics.c.version_id == versions.c.id, *metric_rows(field))
        case "param" | "meta" | "lineage":
            return within(versions, version_values.c.version_id == versions.c.id, *value_rows(field))
        case "alias":
            return within(versions, aliases.c.version_id == versions.c.id, true(), text_test(aliases.c.name))
        case root:
            return tests[root]


def model_tag_rows(field: Field) -> tuple[Condition, Test]:
    """The rows of a tag of models, and how their values are compared."""
    return model_tags.c.key == field.key, text_test(model_tags.c.value, is_long=True)


def tag_rows(field: Field) -> tuple[Condition, Test]:
    """The rows of a tag, and how their values are compared."""
    return version_tags.c.key == field.key, text_test(version_tags.c.value, is_long=True)


def metric_rows(field: Field) -> tuple[Condition, Test]:
    """The rows of the latest values of a metric, and how they are compared."""
    key = metric_key(field.key or "")
    columns = latest_metrics.c
    rows = and_(columns.name == key.name, columns.dataset == key.dataset, columns.slice == key.slice)
    return rows, order_test(latest_metrics.c.value)


def value_rows(field: Field) -> tuple[Condition, Test]:
    """The rows of a parameter, or of a value within metadata or lineage, and how they are compared."""
    return version_values.c.path == f"{field.root}.{field.key}", _test_of_any


def within(owner: Table, belongs: Condition, rows: Condition, test: Test) -> Test:
    """Whether one of the rows that belong to a row of the owner passes a test."""
    return lambda operator, value: looked_up(select(literal(1)).where(belongs, rows, test(operator, value)), owner)


def text_test(column: ColumnElement[str], *, is_long: bool = False) -> Test:
    """How text is compared; `is_long` where an index holds its beginning only."""

    def test(operator: Operator | None, value: Value) -> Condition:
        match operator:
            case None:
                return true()
            case Operator.CONTAINS:
                return contains(column, slot_of(value))
            case Operator.IS if is_long and slot_of(value).is_short:
                return same_text(column, slot_of(value).value)
            case _:
                return _ORDER[operator](column, slot_of(value).value)

    return test


def order_test(column: ColumnElement[Any]) -> Test:
    """How numbers and moments are compared."""

    def test(operator: Operator | None, value: Value) -> Condition:
        return true() if operator is None else _ORDER[operator](column, slot_of(value).value)

    return test


def _test_of_any(operator: Operator | None, value: Value) -> Condition:
    """A numeral means the number, however a version writes it, or the very text."""
    number, text = version_values.c.number_value, version_values.c.text_value
    if operator is None or not (slot := slot_of(value)).is_numeral:
        return text_test(text, is_long=True)(operator, value)
    match operator:
        case Operator.IS:
            return or_(and_(number.is_not(None), number == slot.number), text_test(text, is_long=True)(operator, slot))
        case Operator.IS_NOT:
            return and_(or_(number.is_(None), number != slot.number), text != slot.value)
        case _:
            return and_(number.is_not(None), _ORDER[operator](number, slot.number))


def _filled(test: Test, column: ColumnElement[str]) -> Test:
    """Text that is absent where it is empty."""
    return lambda operator, value: column != "" if operator is None else test(operator, value)


def _known(test: Test, column: ColumnElement[Any]) -> Test:
    """A column that may be NULL, where no comparison holds."""
    return lambda operator, value: and_(column.is_not(None), test(operator, value))


_its_model = models.alias("its_model")
_NAMED = within(versions, _its_model.c.id == versions.c.model_id, true(), text_test(_its_model.c.name))


def _name_test(model_id: Column) -> Test:
    """By the model's key where it is one model, so that an index of versions can be used."""

    def test(operator: Operator | None, value: Value) -> Condition:
        if operator is not Operator.IS:
            return _NAMED(operator, value)
        found = select(_its_model.c.id).where(_its_model.c.name == slot_of(value).value).scalar_subquery()
        return model_id == func.coalesce(found, 0)

    return test


def _tests_of_models(made: Callable[[Column], Column]) -> Mapping[str, Test]:
    own = models.c
    return {
        "model": text_test(made(own.name)),
        "name": text_test(made(own.name)),
        "owner": text_test(made(own.created_by)),
        "description": _filled(text_test(own.description), own.description),
        "created": order_test(made(own.created_at_ms)),
        "updated": order_test(made(own.updated_at_ms)),
    }


def _tests_of_versions(made: Callable[[Column], Column]) -> Mapping[str, Test]:
    own = versions.c
    return {
        "model": _name_test(made(own.model_id)),
        "name": _name_test(made(own.model_id)),
        "number": order_test(made(own.number)),
        "stage": text_test(made(own.stage)),
        "framework": _known(text_test(made(own.framework_name)), own.framework_name),
        "owner": text_test(made(own.created_by)),
        "description": _filled(text_test(own.description), own.description),
        "card": _filled(text_test(own.card), own.card),
        "created": order_test(made(own.created_at_ms)),
        "updated": order_test(made(own.updated_at_ms)),
        "size": order_test(made(own.size_bytes)),
        "digest": text_test(made(own.digest)),
    }


_FOUND_OF_MODELS, _CHECKED_OF_MODELS = _tests_of_models(lambda column: column), _tests_of_models(unindexed)
_FOUND_OF_VERSIONS, _CHECKED_OF_VERSIONS = _tests_of_versions(lambda column: column), _tests_of_versions(unindexed)


def _words_in_model(text: Slot) -> Condition:
    tagged = _tagged(select(model_tags.c.model_id).where(model_tags.c.model_id == models.c.id), model_tags, text)
    return or_(contains(models.c.name, text), contains(models.c.description, text), tagged)


def _words_in_version(text: Slot) -> Condition:
    tagged = _tagged(
        select(version_tags.c.version_id).where(version_tags.c.version_id == versions.c.id), version_tags, text
    )
    name = _NAMED(Operator.CONTAINS, text)
    return or_(contains(versions.c.description, text), name, tagged, contains(versions.c.card, text))


def _tagged(statement: Select[int], table: Table, text: Slot) -> Condition:
    return statement.where(or_(contains(table.c.key, text), contains(table.c.value, text))).exists()


def contains(column: ColumnElement[str], text: Slot) -> Condition:
    """Whether the text occurs, whatever the letter case; `%` and `_` are plain characters.

    ASCII text a database compares by itself. For other text SQLite calls Python, row by row and in turn with the event
    loop; only rows that hold other characters are asked.
    """
    if text.is_ascii:
        return ascii_lower(column).contains(text.part, escape=ESCAPE)
    has_other_characters = func.octet_length(column) > func.length(column)
    return and_(has_other_characters, letter_case_folded(column).contains(text.part, escape=ESCAPE))
