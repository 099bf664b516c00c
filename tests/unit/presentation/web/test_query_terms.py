import pytest

from modelyard.domain.query import Subject, parse
from modelyard.domain.query.values import metric_key
from modelyard.presentation.web.query_terms import field_of, metrics_in, term, toggled


@pytest.mark.parametrize(
    ("q", "field", "value", "expected"),
    [
        ("", "stage", "draft", "stage:draft"),
        ("stage:draft", "stage", "draft", ""),
        ("stage:draft", "stage", "staging", "stage:staging"),
        ("fraud stage:draft", "stage", "draft", "fraud"),
        ("fraud or churn", "stage", "draft", "(fraud or churn) stage:draft"),
        ("not stage:draft", "stage", "draft", "not stage:draft stage:draft"),
        ("fraud", "tag.team", "risk and more", 'fraud tag.team:"risk and more"'),
        ('tag."a b":"c d"', 'tag."a b"', "c d", ""),
        ("tag.team:risk", "tag.region", "eu", "tag.team:risk tag.region:eu"),
    ],
)
def test_a_term_is_added_taken_away_or_put_in_place_of_another(q: str, field: str, value: str, expected: str) -> None:
    assert toggled(parse(q, Subject.VERSIONS), term(field_of(field), value)) == expected


@pytest.mark.parametrize(
    ("q", "sort", "expected"),
    [
        ("", "", ()),
        ("metric.auc@holdout > 1 or not metric.f1:*", "-metric.loss", ("loss", "auc@holdout", "f1")),
        ("metric.auc in (1, 2)", "metric.auc", ("auc",)),
        ("", '-metric."auc@hold out"', ("auc@hold out",)),
        ("param.depth > 3 stage:draft", "-updated_at", ()),
    ],
)
def test_metrics_are_found_in_queries_and_orders(q: str, sort: str, expected: tuple[str, ...]) -> None:
    assert metrics_in(parse(q, Subject.VERSIONS), sort) == expected


@pytest.mark.parametrize("text", ["auc", "auc@holdout", "auc@holdout/age<30", "auc@holdout/a/b@c"])
def test_a_metric_is_read_as_it_is_written(text: str) -> None:
    assert str(metric_key(text)) == text
