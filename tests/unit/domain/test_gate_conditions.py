"""Conditions that are refused when they are written, and where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.errors import QuerySyntaxError
from modelyard.domain.gates.parser import parse_condition
from modelyard.domain.query import MAX_TERMS


def refusal(text: str) -> QuerySyntaxError:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_condition(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "ends where a field"),
        ("metric.auc", 10, "ends where one of"),
        ("metric.auc >", 12, "ends where a field, a number"),
        ("(number > 1", 11, 'ends where ")"'),
        ("number > 1)", 10, "Here should stand"),
        ("number @ 3", 7, "Here should stand"),
        ("number > 1 and", 14, "ends where"),
        ("metric.auc > fraud", 13, 'no field "fraud"'),
        ("metrc.auc > 1", 0, 'no field "metrc"'),
        ("production.metrc.auc > 1", 11, 'no field "metrc"'),
        ("production.approvals > 1", 0, "in production has no approvals"),
        ("tag > 1", 0, "needs a key"),
        ("card.x = 1", 0, "takes no key"),
        ('metric.auc > "0.9"', 11, "compares a number with text"),
        ('"0.9" < metric.auc', 6, "compares a number with text"),
        ("tag.team = 3", 9, "compares a number with text"),
        ("tag.team = true", 9, "compares true or false with text"),
        ("created > 3", 8, "compares a time with a number"),
        ('tag.team in ("a", 3)', 18, "compares a number with text"),
        ('card > "a"', 5, "neither greater nor less"),
        ('number ~ "4"', 7, "compares a number with text"),
        ("number ~ 4", 7, "contains no text"),
        ('approvals + "x" > 1', 12, "Arithmetic is done with numbers"),
        ("created - 1 > 1", 0, "Arithmetic is done with numbers"),
        ("created > 2026-13-01", 10, "is no time"),
        ('card = "a\\x"', 9, "backslash escapes nothing"),
        ("card = \x00", 7, "U+0000"),
        ("not " * 100 + "number > 1", 400, "nested too deeply"),
        ("1" + " + 1" * 100 + " > 1", 0, "nested too deeply"),
        (" or ".join(["number > 1"] * (MAX_TERMS + 1)), 14 * MAX_TERMS, "more than 50 comparisons"),
        ("x" * 2001, 2000, "2001 characters"),
    ],
)
def test_a_refusal_tells_where_and_why(text: str, position: int, message: str) -> None:
    error = refusal(text)
    assert message in error.message
    assert error.details["position"] == position
    assert error.hint


def test_the_nearest_field_is_suggested() -> None:
    error = refusal("metrics.auc > 1")
    assert error.details["suggestion"] == "metric"
    assert "metric.<k>" in error.hint


def test_as_many_comparisons_as_are_allowed_are_taken() -> None:
    parse_condition(" or ".join(["number > 1"] * MAX_TERMS))


PIECES = ["metric.auc@holdout", "production.", "tag.x", "number", ">=", "=", "~", "in", "(", ")", '"a"', "3", "-", "+"]
WORDS = [*PIECES, "and", "or", "not", ":", "*", ",", "2026-01-01", "true", "has:"]


def place_of_refusal(text: str) -> int:
    """Where it was refused, or 0."""
    try:
        parse_condition(text)
    except QuerySyntaxError as error:
        return int(str(error.details["position"]))
    return 0


@given(st.lists(st.sampled_from(WORDS)).map(" ".join) | st.text(max_size=100))
def test_whatever_is_written_is_taken_or_refused_with_its_place(text: str) -> None:
    assert 0 <= place_of_refusal(text) <= len(text)
