from typing import Annotated

import pytest
from pydantic import Field

from modelyard.domain.errors import InvalidInput
from modelyard.presentation.api.fields import Input
from modelyard.presentation.http.validation import MAX_FAULTS, nearest, validated


class Leaf(Input):
    name: str
    size_bytes: int = 0


class Tree(Input):
    leaves: list[Leaf] = Field(default=[])
    root: Leaf | None = None
    labels: dict[str, str] = Field(default={})
    branches: dict[str, Annotated[list[Leaf], Field(max_length=9)]] | None = None


def refusal(document: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        validated(Tree, document)  # type: ignore[arg-type]
    return {error.pointer: error.message for error in refused.value.errors}


def test_a_document_that_fits_becomes_an_instance() -> None:
    assert validated(Tree, {"leaves": [{"name": "a"}]}) == Tree(leaves=[Leaf(name="a")])


@pytest.mark.parametrize(
    ("document", "pointer", "message"),
    [
        ({"leafs": []}, "/leafs", "is no field here. Did you mean 'leaves'?"),
        ({"x": 1}, "/x", "is no field here. It takes leaves, root, labels, branches."),
        ({"": 1}, "/", "is no field here. It takes leaves, root, labels, branches."),
        ({"a/b~c": 1}, "/a~1b~0c", "is no field here. It takes leaves, root, labels, branches."),
        ({"leaves": [{"name": "a"}, {"nmae": "b"}]}, "/leaves/1/nmae", "is no field here. Did you mean 'name'?"),
        ({"root": {"name": "a", "size": 1}}, "/root/size", "is no field here. Did you mean 'size_bytes'?"),
        ({"branches": {"name": [{"nmae": 1}]}}, "/branches/name/0/nmae", "is no field here. Did you mean 'name'?"),
        ({"root": {}}, "/root/name", "field required"),
        ({"leaves": {}}, "/leaves", "input should be a valid list"),
        ({"labels": {"a/b": 1}}, "/labels/a~1b", "input should be a valid string"),
        ({"root": {"name": "a", "size_bytes": "7"}}, "/root/size_bytes", "input should be a valid integer"),
    ],
)
def test_each_fault_is_named_with_its_place(document: object, pointer: str, message: str) -> None:
    assert refusal(document)[pointer] == message


@pytest.mark.parametrize("document", [None, [], "text", 1])
def test_a_document_that_is_no_object_has_no_place(document: object) -> None:
    with pytest.raises(InvalidInput, match="the body: "):
        validated(Tree, document)  # type: ignore[arg-type]


def test_no_more_than_twenty_faults_are_told() -> None:
    assert len(refusal({f"x{index}": 1 for index in range(100)})) == MAX_FAULTS


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("limt", "Did you mean 'limit'?"),
        ("size", "Did you mean 'size_bytes'?"),
        ("zzz", "It takes limit, size_bytes."),
        ("", "It takes limit, size_bytes."),
    ],
)
def test_the_nearest_name_is_told(name: str, told: str) -> None:
    assert nearest(name, ["limit", "size_bytes"], "nothing") == told


def test_where_nothing_is_taken_that_is_told() -> None:
    assert nearest("x", [], "no parameters") == "It takes no parameters."
