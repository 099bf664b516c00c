import json
import math

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from modelyard.domain.errors import InvalidInput
from modelyard.domain.json_value import (
    MAX_DEPTH,
    MAX_INTEGER,
    JsonValue,
    canonical_json,
    check_json,
    child_pointer,
    plain_json,
    read_json,
    read_object,
)
from tests.strategies import json_objects, json_values, texts


def nested(depth: int) -> JsonValue:
    """Lists and objects within each other, this deep."""
    value: JsonValue = "core"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        MAX_INTEGER,
        -MAX_INTEGER,
        1e308,
        "",
        "\n\U0010ffff\ufffe",
        nested(MAX_DEPTH),
        {"": {"~/": [1, 2.5, False]}},
    ],
)
def test_a_document_is_taken(value: JsonValue) -> None:
    check_json(value)


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        pytest.param(math.nan, "", id="NaN alone"),
        pytest.param({"a": [0, math.inf]}, "/a/1", id="infinity"),
        pytest.param({"a": {"b": -math.inf}}, "/a/b", id="minus infinity"),
        pytest.param([MAX_INTEGER + 1], "/0", id="integer too large"),
        pytest.param([-MAX_INTEGER - 1], "/0", id="integer too small"),
        pytest.param([10**400], "/0", id="integer far too large"),
        pytest.param({"a/b": {"c~d": "\0"}}, "/a~1b/c~0d", id="NUL"),
        pytest.param({"": ["\ud800"]}, "//0", id="high surrogate"),
        pytest.param(["x\udfff"], "/0", id="low surrogate"),
        pytest.param({"a": {"\0": 1}}, "/a", id="NUL in a key"),
        pytest.param({"\udc00": math.nan}, "", id="surrogate in a key"),
    ],
)
def test_a_document_is_refused_with_the_place(value: JsonValue, pointer: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_json(value)

    assert [error.pointer for error in refusal.value.errors] == [pointer]
    assert refusal.value.message.encode()


def test_a_document_may_be_nested_64_deep_and_no_deeper() -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_json(nested(MAX_DEPTH + 1))

    pointer = refusal.value.errors[0].pointer
    assert pointer.count("/") == MAX_DEPTH
    assert resolved(nested(MAX_DEPTH + 1), pointer) == {"a": "core"}


def test_at_most_20_faults_are_told() -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_json([math.nan] * 1000)

    assert [error.pointer for error in refusal.value.errors] == [f"/{place}" for place in range(20)]


def resolved(document: JsonValue, pointer: str) -> JsonValue:
    """What a pointer points to, by RFC 6901."""
    value = document
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]  # type: ignore[index,call-overload]
    return value


@given(json_objects, st.lists(texts | st.none(), max_size=5))
def test_the_pointer_of_a_fault_leads_to_it(document: JsonValue, path: list[str | None]) -> None:
    value: JsonValue = math.inf
    for key in reversed(path):
        value = [0, value] if key is None else {"good": 1, key: value}

    with pytest.raises(InvalidInput) as refusal:
        check_json([document, value])

    assert [resolved([document, value], error.pointer) for error in refusal.value.errors] == [math.inf]


@given(texts, texts)
def test_a_member_is_pointed_to_by_its_key(outer: str, inner: str) -> None:
    assert resolved({outer: {inner: 7}}, child_pointer(child_pointer("", outer), inner)) == 7


@given(json_values)
def test_what_hypothesis_draws_is_taken(value: JsonValue) -> None:
    check_json(value)


@given(json_values)
@example({"x": 1e20})
@example([-0.0, 5.0, 2.0**53, 9007199254740993.0])
def test_what_was_written_reads_back_the_same_and_can_be_written_again(value: JsonValue) -> None:
    written = canonical_json(value)
    found = read_json(written.decode())

    check_json(found)
    assert found == value
    assert canonical_json(found) == written


@given(json_objects)
def test_an_object_is_written_with_its_keys_in_order_whatever_order_they_came_in(
    document: dict[str, JsonValue],
) -> None:
    backwards = dict(reversed(document.items()))

    assert canonical_json(document) == canonical_json(backwards) == rfc8785.dumps(document)
    assert read_object(canonical_json(document).decode()) == document


@given(json_values)
@example([1e16, 123456789012345680.0, 1e-5, 0.0001, 1e-7, 5e-324, 1e21, 0.1, 100.25, -0.0, MAX_INTEGER, True])
@example({"\ufffd": 1, "\U0001f600": 2, "\ud7ff": 3, "b": "\x7f\x1f\n/\u2028", "a": [[], {}, ""]})
@example(("a", ["b", (1,)]))
def test_what_is_written_is_what_rfc_8785_writes(value: JsonValue) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, MAX_INTEGER + 1, "\ud800", {"\ud800": 1}, [{"a": math.nan}]])
def test_what_is_no_json_is_never_sealed(value: JsonValue) -> None:
    with pytest.raises((rfc8785.CanonicalizationError, UnicodeEncodeError)):
        canonical_json(value)


def exactly(value: JsonValue) -> str:
    """A value with the types of all its parts; `5` and `5.0` and `True` are three."""
    return repr(value)


@given(json_values)
def test_what_was_sent_can_be_kept_with_its_types(value: JsonValue) -> None:
    assert exactly(json.loads(plain_json(value))) == exactly(value)


def test_a_large_float_is_no_integer_after_it_was_read() -> None:
    assert json.loads(canonical_json([1e20])) == [100000000000000000000]
    assert [type(number) for number in read_json("[100000000000000000000,9007199254740991]")] == [float, int]  # type: ignore[union-attr]
