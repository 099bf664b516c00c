"""The same query finds the same versions on every database, and those that it means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.application.ports.database import Database
from modelyard.application.queries.listing import list_versions
from modelyard.application.queries.page import PageRequest
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.query import (
    FIELDS,
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
    ValueKind,
    Words,
    render,
)
from tests.factories import Workshop
from tests.fakes.clock import FixedClock
from tests.query_evaluator import holds

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = ["risk", "Risk", "fraud", "raud", "100%_a", "Größe", "GRÖẞE", "x y", "8", "8.0", "true", "a", "champion", ""]
TAGS = ["team", "note", "Größe"]
PATHS = {
    "meta": ["rows", "training.rows", "labels", "deep.list.of", "none"],
    "lineage": ["run", "git.commit", "parent"],
}
METADATA = [
    {}, {"rows": 8}, {"rows": "8", "labels": ["risk", "fraud", "risk"]}, {"training": {"rows": 8.5}, "none": None},
    {"deep": {"list": [{"of": 1}, {"of": "a"}]}, "rows": True, "training.rows": 1e20},
]  # fmt: skip
LINEAGE = [None, {"run": "r-1", "git": {"commit": "0a1b", "repository": None}}, {"parent": "fraud:1", "run": "8"}]
PARAMS = [{}, {"depth": 8, "kind": "Gini"}, {"depth": 8.0, "on": True}, {"depth": "8", "list": [1, 2]}, {"depth": -0.5}]


@pytest.fixture
async def known(workshop: Workshop, clock: FixedClock) -> list[ModelVersion]:
    """Two dozen versions in which every field takes turns, each in a rhythm of its own."""
    made = []
    for model in ("fraud", "churn"):
        await workshop.model(model, description="Risk of a", tags={})
    for place in range(24):
        clock.moment = BEGIN + timedelta(days=place, milliseconds=place)
        file = await workshop.blob(bytes(place % 3))
        version = await workshop.version(
            ("fraud", "churn")[place % 2],
            *([file] if place % 3 else []),
            description=TEXTS[place % 5],
            card=TEXTS[place % 7 + 3] if place % 4 else "",
            tags={key: TEXTS[(place + at) % len(TEXTS)] for at, key in enumerate(TAGS) if (place + at) % 3},
            params=PARAMS[place % len(PARAMS)],
            metadata=METADATA[(place + 1) % len(METADATA)],
            lineage=LINEAGE[place % len(LINEAGE)],
            framework={"name": ("sklearn", "torch")[place % 2], "version": "1"} if place % 5 else None,
        )
        for name, dataset in (("auc", ""), ("auc", "holdout"), ("loss", "holdout")):
            if (place + len(name + dataset)) % 3:
                await workshop.measure(version, name, (place % 10) / 10, dataset=dataset)
        if place % 6 == 0:
            await workshop.alias(version, ("champion", "risk")[place % 12 // 6])
        if place % 4 == 1:
            await workshop.move(version, Stage.STAGING, *([Stage.PRODUCTION] if place % 8 == 1 else []))
        made.append(version)
    return [await workshop.read(version) for version in made]


TEXT = st.sampled_from([*TEXTS, "churn", "sklearn", "ada", "Gini", "r-1", "0a1b", "[1,2]", "none"])
NUMERALS = st.sampled_from(["8", "8.0", "-0.5", "1e20", "8.5", "0.3", "1"]).map(Numeral)
VALUES: dict[ValueKind, st.SearchStrategy[Value]] = {
    ValueKind.TEXT: TEXT,
    ValueKind.INTEGER: st.integers(0, 13),
    ValueKind.NUMBER: st.integers(-1, 10).map(lambda number: number / 10),
    ValueKind.MOMENT: st.integers(-1, 25).map(lambda days: BEGIN + timedelta(days=days, milliseconds=days)),
    ValueKind.STAGE: st.sampled_from(Stage),
    ValueKind.ANY: TEXT | NUMERALS,
}
KEYS = {
    "tag": st.sampled_from([*TAGS, "other"]),
    "metric": st.sampled_from(["auc", "auc@holdout", "loss@holdout", "f1"]),
    "param": st.sampled_from(["depth", "kind", "on", "list", "other"]),
    **{root: st.sampled_from([*paths, "other"]) for root, paths in PATHS.items()},
}


@st.composite
def terms(draw: st.DrawFn) -> Expression:
    spec = draw(st.sampled_from(list(FIELDS.values())))
    field = Field(spec.name, draw(KEYS[spec.name]) if spec.is_keyed else None)
    choice = draw(st.integers(0, 9))
    if choice == 0 and spec.may_be_absent:
        return Present(field)
    if choice == 1:
        return Among(field, tuple(draw(st.lists(VALUES[spec.kind], min_size=1, max_size=3))))
    if choice <= 3:
        return Words(draw(st.sampled_from([text for text in TEXTS if text.strip()])))
    sign = draw(st.sampled_from(sorted(spec.kind.operators)))
    values = VALUES[spec.kind]
    if spec.kind is ValueKind.ANY:
        values = TEXT if sign is Operator.CONTAINS else values if sign in {Operator.IS, Operator.IS_NOT} else NUMERALS
    return Comparison(field, sign, draw(values))


def joined(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return several.map(And) | several.map(Or) | inner.map(Not)


async def found(database: Database, q: str, **wanted: str) -> list[str]:
    """Every page of two, so that cursors are in play too."""
    names: list[str] = []
    cursor = None
    while True:
        request = PageRequest(q=q, limit=7, cursor=cursor, **wanted)  # type: ignore[arg-type]
        page = await database.scan(list_versions, None, request)
        names.extend(f"{version.model}:{version.number}" for version in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return names


@settings(max_examples=150)
@given(tree=st.recursive(terms(), joined, max_leaves=6))
async def test_a_query_finds_exactly_what_it_means(
    database: Database, known: list[ModelVersion], tree: Expression
) -> None:
    meant = [f"{version.model}:{version.number}" for version in reversed(known) if holds(tree, version)]

    assert await found(database, render(tree)) == meant


@settings(max_examples=40)
@given(
    tree=terms(),
    sort=st.sampled_from(
        ["created", "-updated_at", "number", "-size", "name", "stage", "metric.auc", "-metric.auc@holdout",
         "param.depth", "-param.depth", "-metric.nothing", "model,-number"]
    ),
)  # fmt: skip
async def test_no_order_loses_a_version_or_shows_one_twice(
    database: Database, known: list[ModelVersion], tree: Expression, sort: str
) -> None:
    names = await found(database, render(tree), sort=sort)

    assert len(names) == len(set(names))
    assert set(names) == {f"{version.model}:{version.number}" for version in known if holds(tree, version)}


@pytest.mark.parametrize("sort", ["metric.auc@holdout", "-metric.auc@holdout", "param.depth", "-param.depth"])
async def test_who_has_the_number_comes_first_and_in_its_order(
    database: Database, known: list[ModelVersion], sort: str
) -> None:
    by_name = {f"{version.model}:{version.number}": version for version in known}
    root, key = sort.removeprefix("-").split(".", 1)
    held = [
        (by_name[name].metrics if root == "metric" else by_name[name].params).get(key)
        for name in await found(database, "", sort=sort)
    ]
    numbers = [value for value in held if isinstance(value, int | float)]

    assert held[: len(numbers)] == numbers == sorted(numbers, reverse=sort.startswith("-"))


async def test_the_most_relevant_come_first(database: Database, workshop: Workshop) -> None:
    for name in ("other", "fraud", "my.fraud"):
        await workshop.model(name, tags={})
    await workshop.version("other", card="fraud")
    await workshop.version("other", description="a fraud")
    await workshop.version("other", tags={"topic": "Fraud"})
    await workshop.version("my.fraud")
    await workshop.version("fraud")
    await workshop.version("other", description="nothing")

    expected = ["fraud:1", "my.fraud:1", "other:3", "other:2", "other:1"]
    assert await found(database, "fraud", sort="relevance") == expected
