"""What a gate's condition means for a version, beside the one in production."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.digest import digest_of
from modelyard.domain.gates.facts import Facts
from modelyard.domain.gates.gate import Checked, Gate
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import ModelVersion

MADE_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
VERSION = ModelVersion(
    id=7,
    model_id=1,
    model="churn",
    number=4,
    stage=Stage.STAGING,
    description="Nightly training",
    tags={"team": "Risk", "cost centre": "4711", "empty": ""},
    metadata={"owner": {"name": "ada", "level": 3}, "a.b": 1, "is_checked": True, "list": [1]},
    params={"max_depth": 8, "rate": 5.0, "kind": "gini"},
    framework={"name": "sklearn", "version": "1.9.1"},
    signature=None,
    lineage={"git": {"commit": "9fceb02"}},
    digest=digest_of(b""),
    size_bytes=48_213,
    file_count=2,
    aliases=(),
    metrics={},
    has_been_in_production=False,
    stage_changed_at=MADE_AT,
    created_at=MADE_AT,
    created_by="ada",
    updated_at=MADE_AT,
    updated_by="ada",
    revision=1,
    card="",
    files=[{"path": "model.joblib", "size_bytes": 48_000}, {"path": "data/a b.txt", "size_bytes": 213}],
)
CANDIDATE = Facts(version=VERSION, metrics={"auc@holdout": 0.925, "auc@holdout/age<30": 0.8, "loss": 1e-9}, approvals=1)
PRODUCTION = Facts(version=replace(VERSION, number=3), metrics={"auc@holdout": 0.93})


def check(expression: str, *, production: Facts | None = PRODUCTION) -> Checked:
    return Gate(name="a gate", expression=expression).check(CANDIDATE, production)


HOLD = [
    "metric.auc@holdout >= 0.9",
    "metric.auc@holdout < 0.93",
    'metric.auc@holdout/"age<30" > 0.5',
    "metric.auc@holdout >= production.metric.auc@holdout - 0.005",
    "2 * metric.auc@holdout - 1 = 0.85",
    "(metric.auc@holdout - production.metric.auc@holdout) * 2 > -0.011",
    "metric.loss <= 1e-9",
    'tag.team = "Risk"',
    'tag.team != "risk"',
    'tag.team ~ "ris"',
    'tag."cost centre":4711',
    'tag.team in ("Fraud", "Risk")',
    "param.max_depth < 9",
    'param.kind = "gini"',
    "param.rate:5.0",
    "param.rate = 5",
    'meta.owner.name = "ada"',
    "meta.owner.level in (1, 2, 3)",
    "meta.a.b = 1",
    "meta.is_checked = true",
    "files.count = 2",
    "files.size_bytes <= 50000",
    "files.model.joblib > 1000",
    'files."data/a b.txt" > 0',
    "lineage.git.commit:9fceb02",
    'card = ""',
    'description ~ "TRAINING"',
    "framework:sklearn stage:staging and owner:ada",
    "number > production.number",
    "size < 50000",
    "created > 2026-01-01 and created < 2026-03-01T13:00:00+00:30",
    "approvals >= 1",
    "has:tag.team and tag.team:*",
    "not has:card",
    "not has:tag.empty",
    "not has:tag.legacy",
    "production.tag.team:Risk",
    "metric.auc@holdout > 0.99 or tag.team:Risk",
    "not (metric.auc@holdout > 0.99 or tag.team:Fraud)",
    "metric.f1 > 0.5 or number = 4",
    "not metric.f1 > 0.5 or number = 4",
]


@pytest.mark.parametrize("expression", HOLD)
def test_it_passes_where_the_condition_holds(expression: str) -> None:
    assert check(expression).passed


@pytest.mark.parametrize("expression", HOLD)
def test_its_opposite_does_not(expression: str) -> None:
    assert not check(f"not ({expression})").passed


@pytest.mark.parametrize(
    ("expression", "note"),
    [
        ("metric.f1 >= 0.5", "metric.f1 is not there."),
        ("metric.f1 + 1 >= 0.5", "metric.f1 is not there."),
        ("production.metric.f1 < 2", "production.metric.f1 is not there."),
        ("tag.legacy:yes", "tag.legacy is not there."),
        ('tag.legacy != "yes"', "tag.legacy is not there."),
        ("meta.list = 1", "meta.list is not there."),
        ("param.kind > 3", '"gini" and 3 cannot be compared by >.'),
        ("param.kind > param.kind", '"gini" and "gini" cannot be compared by >.'),
        ("param.kind + 1 > 3", "Arithmetic is done with numbers."),
        ("meta.is_checked = 1", "True and 1 cannot be compared by =."),
        ('param.max_depth ~ "8"', '8 and "8" cannot be compared by ~.'),
    ],
)
def test_what_cannot_be_known_passes_neither_way(expression: str, note: str) -> None:
    checked, opposite = check(expression), check(f"not ({expression})")
    assert (checked.passed, opposite.passed) == (False, False)
    assert checked.notes == opposite.notes == (note,)


@pytest.mark.parametrize(
    "expression", ["metric.auc@holdout > production.metric.auc@holdout", "not metric.f1 < production.metric.f1"]
)
def test_a_comparison_with_production_passes_where_there_is_none(expression: str) -> None:
    checked = check(expression, production=None)
    assert checked.passed
    assert checked.notes == ("No version is in production, so what is compared with it passes.",)


def test_where_nothing_is_in_production_the_rest_still_counts() -> None:
    assert not check("metric.auc@holdout > production.metric.auc@holdout and number > 9", production=None).passed


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        (
            "metric.auc@holdout >= production.metric.auc@holdout - 0.005",
            {"metric.auc@holdout": 0.925, "production.metric.auc@holdout": 0.93},
        ),
        ("metric.f1 > 1 or number = 4", {"metric.f1": None, "number": 4}),
        ("created > 2026-01-01", {"created": "2026-03-01T12:00:00.000Z"}),
        ("param.max_depth in (1, 8) and meta.is_checked = true", {"param.max_depth": 8, "meta.is_checked": True}),
    ],
)
def test_it_tells_what_it_saw(expression: str, values: Mapping[str, object]) -> None:
    assert check(expression).values == values


def test_a_long_text_is_shown_in_part() -> None:
    facts = replace(CANDIDATE, version=replace(VERSION, card="x" * 1000))
    checked = Gate(name="card", expression='card != ""').check(facts, None)
    assert checked.values == {"card": "x" * 200 + "…"}


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(one=numbers, other=numbers, sign=st.sampled_from([">", ">=", "<", "<=", "=", "!="]))
def test_of_two_numbers_a_comparison_or_its_opposite_holds(one: float, other: float, sign: str) -> None:
    candidate = replace(CANDIDATE, metrics={"a": one, "b": other})
    results = [
        Gate(name="", expression=expression).check(candidate, None).passed
        for expression in (f"metric.a {sign} metric.b", f"not metric.a {sign} metric.b")
    ]
    assert sorted(results) == [False, True]
    assert (
        results[0]
        is {
            ">": one > other,
            ">=": one >= other,
            "<": one < other,
            "<=": one <= other,
            "=": one == other,
            "!=": one != other,
        }[sign]
    )
