import pytest

from modelyard.domain.errors import InvalidInput
from modelyard.presentation.api.models.schemas import ModelRead
from modelyard.presentation.exports.columns import Kind, columns_of
from tests.unit.presentation.exported import Item


def test_each_field_has_a_column_of_its_kind() -> None:
    assert {column.name: column.kind for column in columns_of(Item)} == {
        "text": Kind.TEXT,
        "maybe": Kind.TEXT,
        "colour": Kind.TEXT,
        "number": Kind.INTEGER,
        "value": Kind.NUMBER,
        "at": Kind.MOMENT,
        "tags": Kind.TEXT_MAP,
        "metrics": Kind.NUMBER_MAP,
        "params": Kind.JSON,
        "metadata": Kind.JSON,
        "aliases": Kind.TEXTS,
        "production": Kind.INTEGERS,
        "inner": Kind.JSON,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tag.team", "risk"),
        ("tag.none", None),
        ('"tag.a,b"', "x"),
        ('"tag.say ""hi"""', "y"),
        ("metric.auc@holdout", 0.93),
        ("metric.auc", None),
        ("param.max_depth", 8),
        ("param.a.b", "dotted"),
        ("meta.training.rows", 569),
        ("meta.training", {"rows": 569}),
        ("meta.training.rows.more", None),
        ("meta.none.rows", None),
    ],
)
def test_an_added_column_opens_what_is_held_by_a_field(name: str, value: object) -> None:
    item = Item(
        tags={"team": "risk", "a,b": "x", 'say "hi"': "y"},
        metrics={"auc@holdout": 0.93},
        params={"max_depth": 8, "a.b": "dotted"},
        metadata={"training": {"rows": 569}},
    )
    assert columns_of(Item, name)[-1].read(item) == value


def test_several_are_added_in_their_order() -> None:
    names = [column.name for column in columns_of(Item, 'param.b,metric.a,"tag.a,b"')]
    assert names[-3:] == ["param.b", "metric.a", "tag.a,b"]


@pytest.mark.parametrize(
    "added",
    [
        *("auc", "metric", "metric.", ".", ",", "tag.a,", "colour.x", "text.a", "TAG.a", " tag.a"),
        *("tag.a,tag.a", '"tag.a', '"tag.a"b', "tag.a\ntag.b", ",".join(f"tag.{number}" for number in range(101))),
    ],
)
def test_what_is_no_column_is_refused(added: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        columns_of(Item, added)
    assert [error.pointer for error in refusal.value.errors] == ["columns"]
    assert refusal.value.hint


def test_a_list_takes_the_columns_that_its_items_can_fill() -> None:
    assert columns_of(ModelRead, "tag.team")[-1].name == "tag.team"
    with pytest.raises(InvalidInput, match=r"what can be added here is tag\.…"):
        columns_of(ModelRead, "metric.auc")
