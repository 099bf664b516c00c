from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.domain.lifecycle import Stage
from modelyard.domain.query import (
    EVERYTHING,
    Among,
    And,
    Comparison,
    Expression,
    Field,
    FieldSpec,
    Not,
    Numeral,
    Operator,
    Or,
    Present,
    Subject,
    Value,
    ValueKind,
    Words,
    fields_of,
    parse,
    render,
)
from tests.strategies import finite_floats

LINE = st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), max_size=15)
TRICKY = st.sampled_from(
    [
        "and",
        "OR",
        "not",
        "in",
        "*",
        '"',
        "\\",
        '\\"',
        "a b",
        "a:b",
        "(",
        ">1",
        "=",
        "!",
        "!=",
        ".",
        "a.",
        "%",
        "_",
        "~",
        "8",
    ]
)
TEXT = LINE | TRICKY
NUMERALS = st.sampled_from(["8", "-1.5", "1e-4", "+.5", "007", "5."]).map(Numeral)
MOMENTS = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).map(  # noqa: DTZ001 - drawn naive
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)
VALUES: dict[ValueKind, st.SearchStrategy[Value]] = {
    ValueKind.TEXT: TEXT,
    ValueKind.INTEGER: st.integers(min_value=0, max_value=2**63 - 1),
    ValueKind.NUMBER: finite_floats.map(lambda number: number + 0.0),
    ValueKind.MOMENT: MOMENTS,
    ValueKind.STAGE: st.sampled_from(Stage),
    ValueKind.ANY: TEXT | NUMERALS,
}
ORDERS = {Operator.GREATER, Operator.AT_LEAST, Operator.LESS, Operator.AT_MOST}


@st.composite
def field_terms(draw: st.DrawFn, subject: Subject) -> Expression:
    spec: FieldSpec = draw(st.sampled_from(fields_of(subject)))
    keys = st.sampled_from(["auc", "auc@holdout", "f 1/age<30"]) if spec.name == "metric" else TEXT.filter(bool)
    field = Field(spec.name, draw(keys) if spec.is_keyed else None)
    if spec.may_be_absent and draw(st.booleans()):
        return Present(field)
    if draw(st.booleans()):
        return Among(field, tuple(draw(st.lists(VALUES[spec.kind], min_size=1, max_size=3))))
    operator = draw(st.sampled_from(sorted(spec.kind.operators)))
    values = VALUES[spec.kind]
    if spec.kind is ValueKind.ANY:
        values = NUMERALS if operator in ORDERS else TEXT if operator is Operator.CONTAINS else values
    return Comparison(field, operator, draw(values))


def joined(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    def flat(kind: type[And] | type[Or], operands: list[Expression]) -> Expression:
        return kind(tuple(each for one in operands for each in (one.operands if isinstance(one, kind) else (one,))))

    several = st.lists(inner, min_size=2, max_size=4)
    negated = inner.map(lambda one: one.operand if isinstance(one, Not) else Not(one))
    return several.map(lambda some: flat(And, some)) | several.map(lambda some: flat(Or, some)) | negated


def trees(subject: Subject) -> st.SearchStrategy[Expression]:
    terms = TEXT.filter(str.strip).map(Words) | field_terms(subject)
    return st.just(EVERYTHING) | st.recursive(terms, joined, max_leaves=12)


@settings(deadline=None)
@given(data=st.data(), subject=st.sampled_from(Subject))
def test_every_tree_comes_back_from_its_text(data: st.DataObject, subject: Subject) -> None:
    tree = data.draw(trees(subject))

    assert parse(render(tree), subject) == tree


@pytest.mark.parametrize(
    ("written", "rendered"),
    [
        ("", ""),
        ("  fraud  AND   detector ", "fraud detector"),
        ('"fraud"', "fraud"),
        ('"In"', '"In"'),
        ('"a b" "or"', '"a b" "or"'),
        ("50%", '"50%"'),
        ('stage:"draft" number:007', "stage:draft number:7"),
        ('tag."team":"risk" tag."my team":*', 'tag.team:risk tag."my team":*'),
        (r'tag."a\"b":"c\\d"', r'tag."a\"b":"c\\d"'),
        ("digest:sha256:0a1b owner:ann@example.org", "digest:sha256:0a1b owner:ann@example.org"),
        ('tag.a:"*" tag.b:""', 'tag.a:"*" tag.b:""'),
        ("a b or not (c or d)", "a b or not (c or d)"),
        ("(a or b) (c)", "(a or b) c"),
        ("metric.auc@holdout>=0.90", "metric.auc@holdout >= 0.9"),
        ('metric.auc/"age<30" = 1', 'metric."auc/age<30":1.0'),
        ('param.a in (8, "8", b)', 'param.a in (8, "8", b)'),
        ("has:lineage.git.commit", "lineage.git.commit:*"),
        ("created > 2026-01-31", "created > 2026-01-31T00:00:00.000Z"),
    ],
)
def test_quotes_are_written_where_they_may_be_needed(written: str, rendered: str) -> None:
    assert render(parse(written, Subject.VERSIONS)) == rendered
