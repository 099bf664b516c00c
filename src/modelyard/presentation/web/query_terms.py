"""Queries that links make of others: with a term more, or one less."""

from collections.abc import Iterator

from modelyard.domain.errors import QuerySyntaxError
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import VersionSummary
from modelyard.domain.query import (
    EVERYTHING,
    Among,
    And,
    Comparison,
    Expression,
    Field,
    Not,
    Operator,
    Or,
    Present,
    Subject,
    parse,
    render,
)

_METRIC = "metric"


def field_of(text: str) -> Field:
    """The field that a facet names: `stage`, `tag.team`, `tag."a b"`."""
    if "." not in text:
        return Field(text)
    parsed = parse(f"{text}:*", Subject.VERSIONS)
    return parsed.field if isinstance(parsed, Present) else Field(text)


def term(field: Field, value: str) -> Comparison:
    """`field:value`."""
    return Comparison(field, Operator.IS, Stage(value) if field.root == "stage" else value)


def has_term(expression: Expression, wanted: Comparison) -> bool:
    """Whether it is one of those that all have to hold."""
    return wanted in _operands(expression)


def toggled(expression: Expression, wanted: Comparison) -> str:
    """The query without the term, where it has it; otherwise with it in place of another value of the same field."""
    operands = _operands(expression)
    if wanted in operands:
        kept = tuple(each for each in operands if each != wanted)
    else:
        kept = (*(each for each in operands if not _is_of(each, wanted.field)), wanted)
    return render(kept[0] if len(kept) == 1 else And(kept))


def parsed_or_everything(q: str) -> Expression:
    """The query; one that does not parse narrows nothing down."""
    try:
        return parse(q, Subject.VERSIONS)
    except QuerySyntaxError:
        return EVERYTHING


def metrics_in(expression: Expression, sort: str) -> tuple[str, ...]:
    """The metrics that a query and its order name, as a version's `metrics` call them."""
    sorted_by = sort.removeprefix("-")
    by_sort = [sorted_by.removeprefix("metric.").strip('"')] if sorted_by.startswith("metric.") else []
    return tuple(dict.fromkeys([*by_sort, *_metrics(expression)]))


def leading_metrics(version: VersionSummary, named: tuple[str, ...], *, at_most: int) -> tuple[str, ...]:
    """The metrics of a version that are shown first: those that were asked for, then by name."""
    asked = [name for name in named if name in version.metrics]
    return tuple(dict.fromkeys([*asked, *sorted(version.metrics)]))[:at_most]


def _operands(expression: Expression) -> tuple[Expression, ...]:
    return expression.operands if isinstance(expression, And) else (expression,)


def _is_of(expression: Expression, field: Field) -> bool:
    return isinstance(expression, Comparison) and (expression.field, expression.operator) == (field, Operator.IS)


def _metrics(expression: Expression) -> Iterator[str]:
    match expression:
        case And(operands) | Or(operands):
            for operand in operands:
                yield from _metrics(operand)
        case Not(operand):
            yield from _metrics(operand)
        case Comparison(field, _, _) | Among(field, _) | Present(field) if field.root == _METRIC:
            yield field.key or ""
        case _:
            pass
