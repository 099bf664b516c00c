"""From a query's syntax tree to SQL conditions: the one place that knows which column a field is.

A condition is true or false of every row and never NULL, so that `not` finds exactly what it leaves out.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, exists, false, func, not_, or_, select, true

from modelyard.domain.query.syntax import (
    Among,
    And,
    Comparison,
    Expression,
    Field,
    Not,
    Numeral,
    Operator,
    Or,
    Present,
    Value,
    Words,
)
from modelyard.domain.query.values import metric_key
from modelyard.infrastructure.database.dialects import ascii_lower, letter_case_folded, same_text
from modelyard.infrastructure.database.letter_case import folded
from modelyard.infrastructure.database.moments import to_ms
from modelyard.infrastructure.database.tables import (
    aliases,
    latest_metrics,
    model_tags,
    models,
    version_tags,
    version_values,
    versions,
)

Condition = ColumnElement[bool]
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


def model_condition(expression: Expression) -> Condition:
    """What a model must fulfil, in a statement over `models`."""
    return _condition(expression, model_test, _words_in_model)


def version_condition(expression: Expression) -> Condition:
    """What a version must fulfil, in a statement over `versions`; it names no other table outside of subqueries."""
    return _condition(expression, version_test, _words_in_version)


def _condition(
    expression: Expression, of_field: Callable[[Field], Test], words: Callable[[str], Condition]
) -> Condition:
    match expression:
        case Words(text):
            return words(text)
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


def model_test(field: Field) -> Test:
    """How a field of a model is compared, in a statement over `models`."""
    if field.root == "tag":
        rows, test = model_tag_rows(field)
        return within(models, model_tags.c.model_id == models.c.id, rows, test)
    return _MODEL_TESTS[field.root]


def version_test(field: Field) -> Test:
    """How a field of a version is compared, in a statement over `versions`."""
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
            return _VERSION_TESTS[root]


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
    return lambda operator, value: exists().where(belongs, rows, test(operator, value)).correlate(owner)


def text_test(column: ColumnElement[str], *, is_long: bool = False) -> Test:
    """How text is compared; `is_long` where an index holds its beginning only."""

    def test(operator: Operator | None, value: Value) -> Condition:
        match operator:
            case None:
                return true()
            case Operator.CONTAINS:
                return contains(column, str(value))
            case Operator.IS if is_long:
                return same_text(column, value)
            case _:
                return _ORDER[operator](column, value)

    return test


def order_test(column: ColumnElement[Any]) -> Test:
    """How numbers and moments are compared."""

    def test(operator: Operator | None, value: Value) -> Condition:
        bound = to_ms(value) if isinstance(value, datetime) else value
        return true() if operator is None else _ORDER[operator](column, bound)

    return test


def _test_of_any(operator: Operator | None, value: Value) -> Condition:
    """A numeral means the number, however a version writes it, or the very text."""
    number, text = version_values.c.number_value, version_values.c.text_value
    if not isinstance(value, Numeral):
        return text_test(text, is_long=True)(operator, value)
    match operator:
        case Operator.IS:
            return or_(and_(number.is_not(None), number == value.number), same_text(text, value.text))
        case Operator.IS_NOT:
            return and_(or_(number.is_(None), number != value.number), text != value.text)
        case _:
            return and_(number.is_not(None), order_test(number)(operator, value.number))


def _filled(test: Test, column: ColumnElement[str]) -> Test:
    """Text that is absent where it is empty."""
    return lambda operator, value: column != "" if operator is None else test(operator, value)


def _known(test: Test, column: ColumnElement[Any]) -> Test:
    """A column that may be NULL, where no comparison holds."""
    return lambda operator, value: and_(column.is_not(None), test(operator, value))


_its_model = models.alias("its_model")
_NAMED = within(versions, _its_model.c.id == versions.c.model_id, true(), text_test(_its_model.c.name))


def _test_of_model_name(operator: Operator | None, value: Value) -> Condition:
    """By the model's key where it is one model, so that an index of versions can be used."""
    if operator is Operator.IS:
        found = select(_its_model.c.id).where(_its_model.c.name == value).scalar_subquery()
        return and_(versions.c.model_id == func.coalesce(found, 0))
    return _NAMED(operator, value)


_MODEL_TESTS: Mapping[str, Test] = {
    "model": text_test(models.c.name),
    "name": text_test(models.c.name),
    "owner": text_test(models.c.created_by),
    "description": _filled(text_test(models.c.description), models.c.description),
    "created": order_test(models.c.created_at_ms),
    "updated": order_test(models.c.updated_at_ms),
}
_VERSION_TESTS: Mapping[str, Test] = {
    "model": _test_of_model_name,
    "name": _test_of_model_name,
    "number": order_test(versions.c.number),
    "stage": text_test(versions.c.stage),
    "framework": _known(text_test(versions.c.framework_name), versions.c.framework_name),
    "owner": text_test(versions.c.created_by),
    "description": _filled(text_test(versions.c.description), versions.c.description),
    "card": _filled(text_test(versions.c.card), versions.c.card),
    "created": order_test(versions.c.created_at_ms),
    "updated": order_test(versions.c.updated_at_ms),
    "size": order_test(versions.c.size_bytes),
    "digest": text_test(versions.c.digest),
}


def _words_in_model(text: str) -> Condition:
    tagged = _tagged(select(model_tags.c.model_id).where(model_tags.c.model_id == models.c.id), model_tags, text)
    return or_(contains(models.c.name, text), contains(models.c.description, text), tagged)


def _words_in_version(text: str) -> Condition:
    tagged = _tagged(
        select(version_tags.c.version_id).where(version_tags.c.version_id == versions.c.id), version_tags, text
    )
    name = _NAMED(Operator.CONTAINS, text)
    return or_(contains(versions.c.description, text), name, tagged, contains(versions.c.card, text))


def _tagged(statement: Select[int], table: Table, text: str) -> Condition:
    return statement.where(or_(contains(table.c.key, text), contains(table.c.value, text))).exists()


def contains(column: ColumnElement[str], text: str) -> Condition:
    """Whether the text occurs, whatever the letter case; `%` and `_` are plain characters.

    ASCII text a database compares by itself. For other text SQLite calls Python, row by row and in turn with the event
    loop; only rows that hold other characters are asked.
    """
    wanted = folded(text)
    if wanted.isascii():
        return ascii_lower(column).contains(wanted, autoescape=True)
    has_other_characters = func.octet_length(column) > func.length(column)
    return and_(has_other_characters, letter_case_folded(column).contains(wanted, autoescape=True))
