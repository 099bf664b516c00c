import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.json_value import JsonObject
from modelyard.domain.model_version import merged_metadata
from modelyard.presentation.web.pages.actions.tag_lines import tag_lines, tag_patch, tags_in
from modelyard.presentation.web.pages.actions.version_patch import merge_patch

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
KEY = TEXT.filter(lambda text: bool(text) and text == text.strip())


@given(st.dictionaries(KEY, st.text(max_size=8), max_size=4))
def test_tags_come_back_from_their_lines(tags: dict[str, str]) -> None:
    assert tags_in(tag_lines(tags)) == tags


def test_plain_tags_are_written_plainly() -> None:
    assert tag_lines({"team": "risk", "flag": "", "a:b": ' "x'}) == 'team: risk\nflag:\n"a:b": " \\"x"'


def test_a_patch_of_tags_takes_away_what_is_gone() -> None:
    assert tag_patch({"a": "1", "b": "2"}, {"b": "2", "c": "3"}) == {"a": None, "c": "3"}


SCALAR = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9, width=16) | st.text(max_size=2)
DOCUMENT = st.recursive(
    st.dictionaries(st.sampled_from("abc"), SCALAR.filter(lambda value: value is not None), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@given(DOCUMENT, DOCUMENT)
def test_a_merge_patch_makes_of_one_document_the_other(before: JsonObject, after: JsonObject) -> None:
    patched = merged_metadata(before, merge_patch(before, after))
    assert json.dumps(patched, sort_keys=True) == json.dumps(after, sort_keys=True)


@pytest.mark.parametrize(("before", "after"), [({}, {}), ({"a": 1}, {"a": 1}), ({"a": {"b": 1}}, {"a": {"b": 1}})])
def test_what_is_the_same_needs_no_patch(before: JsonObject, after: JsonObject) -> None:
    assert merge_patch(before, after) == {}
