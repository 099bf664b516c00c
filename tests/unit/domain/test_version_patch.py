from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.errors import InvalidInput
from modelyard.domain.json_value import JsonObject, JsonValue, canonical_json
from modelyard.domain.model_version import Content, VersionDraft, VersionPatch, merged_metadata
from modelyard.domain.registered_model import ModelDraft, ModelPatch, merged_tags
from tests.strategies import json_objects, names, tags, texts

TAGS_OF_200 = {str(place): "" for place in range(200)}


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": "text"}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        ({"a": 1}, {}, {"a": 1}),
        ({}, {"a": None}, {}),
        ({"a": [None]}, {"b": [None, {"c": None}]}, {"a": [None], "b": [None, {"c": None}]}),
    ],
)
def test_metadata_follows_the_examples_of_rfc_7396(target: JsonObject, patch: JsonObject, result: JsonObject) -> None:
    assert merged_metadata(target, patch) == result


def without_nulls(value: JsonValue) -> JsonValue:
    """A document that, as a patch, removes nothing."""
    if not isinstance(value, dict):
        return value
    return {key: without_nulls(item) for key, item in value.items() if item is not None}


@given(json_objects, json_objects)
def test_a_merge_patch_is_the_same_applied_twice(target: dict[str, Any], patch: dict[str, Any]) -> None:
    once = merged_metadata(target, patch)

    assert canonical_json(merged_metadata(once, patch)) == canonical_json(once)
    assert {key for key in patch if patch[key] is not None} <= set(once) <= set(target) | set(patch)


@given(json_objects)
def test_any_document_can_be_made_by_a_patch_of_itself(document: dict[str, Any]) -> None:
    plain = cast("dict[str, JsonValue]", without_nulls(document))

    assert merged_metadata({}, document) == plain
    assert merged_metadata(plain, dict.fromkeys(plain)) == {}


def test_metadata_may_not_outgrow_its_bound_by_patches() -> None:
    half = "x" * (128 * 1024)

    with pytest.raises(InvalidInput) as refusal:
        merged_metadata({"a": half}, {"b": half})

    assert [error.pointer for error in refusal.value.errors] == ["/metadata"]


@given(tags, tags, st.sets(names, max_size=3))
def test_tags_are_merged_by_key(held: dict[str, str], added: dict[str, str], removed: set[str]) -> None:
    patch: dict[str, str | None] = {**added, **dict.fromkeys(removed)}

    merged = merged_tags(held, patch)

    assert merged == {key: value for key, value in {**held, **added}.items() if key not in removed}


def test_tags_may_not_outgrow_their_bound_by_patches() -> None:
    assert len(merged_tags(TAGS_OF_200, {"0": None, "new": ""})) == 200

    with pytest.raises(InvalidInput):
        merged_tags(TAGS_OF_200, {"new": ""})


@given(names, texts, tags)
def test_a_draft_within_the_rules_is_taken(name: str, text: str, given_tags: dict[str, str]) -> None:
    assert ModelDraft(name=name, description=text, tags=given_tags).name == name
    assert VersionDraft(content=Content(), description=text, tags=given_tags, card=text).card == text


LONG = "x" * 20_001
LARGE_CARD = "é" * (32 * 1024) + "x"


@pytest.mark.parametrize(
    ("make", "pointer"),
    [
        pytest.param(lambda: ModelDraft(name="a/b"), "/name", id="model: name"),
        pytest.param(lambda: ModelDraft(name="a", description=LONG), "/description", id="model: description"),
        pytest.param(lambda: ModelDraft(name="a", tags={"": ""}), "/tags", id="model: tags"),
        pytest.param(lambda: ModelPatch(description=LONG), "/description", id="patch of a model"),
        pytest.param(lambda: VersionDraft(content=Content(), description=LONG), "/description", id="description"),
        pytest.param(lambda: VersionDraft(content=Content(), tags={"a\nb": ""}), "/tags", id="tags"),
        pytest.param(lambda: VersionDraft(content=Content(), card=LARGE_CARD), "/card", id="card"),
        pytest.param(
            lambda: VersionDraft(content=Content(), metadata={"a": "x" * 256 * 1024}), "/metadata", id="metadata"
        ),
        pytest.param(lambda: VersionPatch(description=LONG), "/description", id="patch: description"),
        pytest.param(lambda: VersionPatch(card=LARGE_CARD), "/card", id="patch: card"),
    ],
)
def test_a_draft_against_the_rules_is_refused_with_the_place(make: Callable[[], object], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make()

    assert [error.pointer for error in refusal.value.errors] == [pointer]


def test_bounds_of_text_are_inclusive() -> None:
    draft = VersionDraft(content=Content(), description=LONG[1:], card=LARGE_CARD[:-1])

    assert VersionPatch(description=draft.description, card=draft.card).card == draft.card
    assert ModelPatch(description=LONG[1:]).description == draft.description
