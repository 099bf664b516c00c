import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.domain.lifecycle import Stage
from modelyard.domain.query import (
    EVERYTHING,
    And,
    Comparison,
    Expression,
    Field,
    FieldSpec,
    Operator,
    Present,
    Subject,
    ValueKind,
    Words,
    fields_of,
    parse,
    render,
)

LINE = st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), max_size=15)
TRICKY = st.sampled_from(
    ["and", "OR", "not", "in", "*", '"', "\\", '\\"', "a b", "a:b", "(", ">1", "=", "!", "!=", ".", "a.", "%", "_", "~"]
)
TEXT = LINE | TRICKY
VALUES = {
    ValueKind.TEXT: TEXT,
    ValueKind.INTEGER: st.integers(min_value=0, max_value=2**63 - 1),
    ValueKind.STAGE: st.sampled_from(Stage),
}


@st.composite
def field_terms(draw: st.DrawFn, subject: Subject) -> Expression:
    spec: FieldSpec = draw(st.sampled_from(fields_of(subject)))
    field = Field(spec.name, draw(TEXT.filter(bool)) if spec.is_keyed else None)
    if spec.may_be_absent and draw(st.booleans()):
        return Present(field)
    return Comparison(field, draw(st.sampled_from(Operator)), draw(VALUES[spec.kind]))


def trees(subject: Subject) -> st.SearchStrategy[Expression]:
    terms = TEXT.filter(str.strip).map(Words) | field_terms(subject)
    conjunctions = st.lists(terms, min_size=2, max_size=15).map(lambda operands: And(tuple(operands)))
    return st.just(EVERYTHING) | terms | conjunctions


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
    ],
)
def test_quotes_are_written_where_they_may_be_needed(written: str, rendered: str) -> None:
    assert render(parse(written, Subject.VERSIONS)) == rendered
