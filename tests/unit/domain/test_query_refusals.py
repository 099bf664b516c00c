import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modelyard.domain.errors import QuerySyntaxError
from modelyard.domain.query import MAX_CHARACTERS, MAX_DEPTH, MAX_TERMS, Expression, Subject, parse, render

OPENING = ["a word", "a phrase in quotes", "field:value", '"not"', '"("']
VALUE = ["a value", "a value in quotes", '"*"']
SIGNS = ['":"', "one of = != > >= < <= ~", '"in"']
STAGES = ["draft", "staging", "production", "archived"]


def refusal(text: str, subject: Subject = Subject.VERSIONS) -> QuerySyntaxError:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text, subject)
    return caught.value


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("or", 0, 'This "or" has no term before it'),
        ("a or OR b", 5, 'This "or" has no term before it'),
        ("a and or b", 6, 'This "or" has no term before it'),
        ("a)", 1, "This parenthesis was never opened"),
        ("tag.team:risk(eu)", 13, "A space is missing here"),
        ("(a)b", 3, "A space is missing here"),
        ("(a)(b)", 3, "A space is missing here"),
        ("brand(a)", 5, "A space is missing here"),
        ("stage in ()", 10, "Here should stand a value or a value in quotes"),
        ("param.depth:>8", 12, "A comparison has one sign, and this is the second"),
        ("number == 8", 8, "A comparison has one sign, and this is the second"),
        ("= 8", 0, "A field should stand before this sign"),
        ("a != b", 0, 'Versions have no field "a"'),
        ("age<30", 0, 'Versions have no field "age"'),
        ("stage > draft", 6, "The field stage cannot be compared by >"),
        ("name >= a", 5, "The field name cannot be compared by >="),
        ("number ~ 8", 7, "The field number cannot be compared by ~"),
        ("created ~ 2026", 8, "The field created cannot be compared by ~"),
        ('param.depth > "8"', 14, '"8" is text, and text is neither greater nor less'),
        ("meta.kind < gini", 12, '"gini" is text, and text is neither greater nor less'),
        ("stage in (draft, prod)", 17, '"prod" is not a value of stage'),
        ("metric.auc > high", 13, '"high" is not a value of metric'),
        ("metric.auc > 1e999", 13, '"1e999" is not a value of metric'),
        ("metric.auc > nan", 13, '"nan" is not a value of metric'),
        ("created > 2026-02-30", 10, '"2026-02-30" is not a value of created'),
        ("created > 0001-01-01T00:00+14:00", 10, '"0001-01-01T00:00+14:00" is not a value of created'),
        ("created > yesterday", 10, '"yesterday" is not a value of created'),
        ("a metric.a@b@c > 1", 9, '"a@b@c" is no name of a metric'),
        ("a metric.@holdout > 1", 9, '"@holdout" is no name of a metric'),
        ("has:stge", 4, 'Versions have no field "stge"'),
        ("a has:stage", 6, "Nothing is without stage, so asking for it does not narrow the search"),
        ("has:tag", 4, "The field tag needs a key"),
    ],
)
def test_a_comparison_that_means_nothing_is_refused_at_its_place(text: str, position: int, message: str) -> None:
    error = refusal(text)

    assert (error.message, error.details["position"]) == (message, position)
    assert error.hint


def test_an_open_parenthesis_is_told_at_the_end() -> None:
    assert refusal("(a or b").message.startswith("The query ends where ")
    assert '")"' in refusal("(a or b").details["expected"]  # type: ignore[operator]
    assert '")"' not in refusal("a or").details["expected"]  # type: ignore[operator]


def test_a_query_that_is_nested_too_deeply_is_refused() -> None:
    error = refusal("(a or (b " * MAX_DEPTH + "c" + "))" * MAX_DEPTH)

    assert error.message == f"The query is nested too deeply; {MAX_DEPTH} levels are allowed"
    assert "make several searches" in error.hint


@pytest.mark.parametrize(
    ("text", "position", "expected", "message"),
    [
        ("and", 0, OPENING, 'This "and" has no term before it'),
        ("and a", 0, OPENING, 'This "and" has no term before it'),
        ("a and and b", 6, OPENING, 'This "and" has no term before it'),
        (
            "a and ",
            6,
            OPENING,
            f"The query ends where {', '.join(OPENING[:-1])} or {OPENING[-1]} should follow",
        ),
        ('tag."a"', 7, SIGNS, f"The query ends where {SIGNS[0]}, {SIGNS[1]} or {SIGNS[2]} should follow"),
        ('tag."a" b', 8, SIGNS, f"Here should stand {SIGNS[0]}, {SIGNS[1]} or {SIGNS[2]}"),
        ("tag.a:", 6, VALUE, "A value should stand right after the colon"),
        ("tag.a: b", 6, VALUE, "A value should stand right after the colon"),
        ('tag."a": b', 8, VALUE, "A value should stand right after the colon"),
        (":a", 0, OPENING, "A field should stand right before the colon"),
        ("a and :b", 6, OPENING, "A field should stand right before the colon"),
        ('tag.a:"b', 6, VALUE, "The quote that opens here is never closed"),
        ('"', 0, OPENING, "The quote that opens here is never closed"),
        (r'"a\"', 0, OPENING, "The quote that opens here is never closed"),
    ],
)
def test_an_error_of_syntax_says_what_could_stand_where(
    text: str, position: int, expected: list[str], message: str
) -> None:
    error = refusal(text)

    assert (error.message, error.details["position"], error.details["expected"]) == (message, position, expected)


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("tag.a :b", 6, "A field should stand right before the colon"),
        ('"stage":draft', 7, "A field should stand right before the colon"),
        ('a "b', 2, "The quote that opens here is never closed"),
        ('tag."a', 4, "The quote that opens here is never closed"),
        ('a"b"', 1, "A space is missing here"),
        ('"a"b', 3, "A space is missing here"),
        ('"a""b"', 3, "A space is missing here"),
        ('"a"and b', 3, "A space is missing here"),
        ('a and"b"', 5, "A space is missing here"),
        ('tag.a:"b"c', 9, "A space is missing here"),
        ('tag.a:b"c"', 7, "A space is missing here"),
        ('tag."a"b:c', 7, "A space is missing here"),
        (r'"a\n"', 2, "This backslash escapes nothing"),
        (r'tag.a:"b\c"', 8, "This backslash escapes nothing"),
        (r'tag."a\b":c', 6, "This backslash escapes nothing"),
        ('"é\tb"', 2, "A tab or line break stands within quotes"),
        ('"🙂b\n"', 3, "A tab or line break stands within quotes"),
        ('"a\\\nb"', 2, "This backslash escapes nothing"),
        ('a ""', 2, "There is nothing between these quotes"),
        ('a " "', 2, "There is nothing between these quotes"),
        ("tag:risk", 0, "The field tag needs a key"),
        ("tag.:risk", 0, "The field tag needs a key"),
        ('a tag."":risk', 2, "The field tag needs a key"),
        ("stage.x:draft", 5, "The field stage takes no key"),
        ("a stage.:draft", 7, "The field stage takes no key"),
        ('stage."x":draft', 5, "The field stage takes no key"),
    ],
)
def test_an_error_points_at_its_place(text: str, position: int, message: str) -> None:
    error = refusal(text)

    assert (error.message, error.details["position"]) == (message, position)
    assert error.hint


@pytest.mark.parametrize(
    ("text", "suggestion", "meant"),
    [
        ("stag:draft", "stage", "stage"),
        ("Stage:draft", "stage", "stage"),
        ("-stage:draft", "stage", "stage"),
        ("frame_work:x", "framework", "framework"),
        ("tags.team:x", "tag", "tag.team"),
        ('tags."my team":x', "tag", 'tag."my team"'),
        ("tags:x", "tag", "tag.<k>"),
        ("http://example.org", None, ""),
        ("a:b", None, ""),
    ],
)
def test_an_unknown_field_brings_up_the_nearest_known_one(text: str, suggestion: str | None, meant: str) -> None:
    error = refusal(text)

    assert error.message.startswith("Versions have no field ")
    assert error.details["suggestion"] == suggestion
    assert "stage" in json.dumps(error.details["expected"])
    assert error.hint.startswith(f'Did you mean "{meant}"?') is (suggestion is not None)


def test_a_field_of_versions_is_refused_for_models_and_says_where_it_belongs() -> None:
    error = refusal("fraud stage:draft", Subject.MODELS)

    assert error.message == "The field stage belongs to versions, and this is a search of models"
    assert error.hint.startswith("Search versions for it")
    assert error.details == {
        "position": 6,
        "expected": ["model", "name", "owner", "description", "created", "updated", "tag.<k>"],
        "suggestion": None,
    }


def test_only_fields_of_the_subject_are_suggested() -> None:
    assert refusal("stagee:draft", Subject.MODELS).details["suggestion"] != "stage"


@pytest.mark.parametrize("value", ["Production", "prod", '""', '"draft "'])
def test_a_stage_that_does_not_exist_is_refused_with_those_that_do(value: str) -> None:
    error = refusal(f"stage:{value}")

    assert error.details["expected"] == STAGES
    assert error.hint == "Write draft, staging, production or archived."
    assert error.details["position"] == 6


@pytest.mark.parametrize("value", ["x", "-1", "+1", "1.0", "1e3", "1_000", "٣", '""', '" 7"', str(2**63), "9" * 1900])
def test_a_number_is_a_whole_number_that_databases_can_hold(value: str) -> None:
    error = refusal(f"number:{value}")

    assert error.message.endswith(" is not a value of number")
    assert error.details["position"] == 7


@pytest.mark.parametrize("field", ["model", "name", "number", "stage", "owner", "digest"])
def test_a_star_is_refused_for_what_nothing_is_without(field: str) -> None:
    error = refusal(f"{field}:*")

    assert error.message == f"Nothing is without {field}, so asking for it does not narrow the search"
    assert error.details["position"] == 0


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x0b", "\x1b", "\x7f", "\x85", "\ud800"])
@pytest.mark.parametrize("before", ["é", 'tag.a:"', "   "])
def test_control_characters_and_surrogates_are_refused(before: str, character: str) -> None:
    error = refusal(before + character + '"')

    assert error.message == f"The query holds the character U+{ord(character):04X}, which is not text"
    assert error.details["position"] == len(before)


def test_a_query_over_its_length_is_refused_where_it_is_too_long() -> None:
    assert refusal(" " * (MAX_CHARACTERS + 1)).details["position"] == MAX_CHARACTERS


def test_a_query_with_too_many_terms_is_refused_at_the_first_too_many() -> None:
    error = refusal("ab " * MAX_TERMS + "tag.a:b c")

    assert error.message == "The query has more than 50 terms"
    assert error.details["position"] == 3 * MAX_TERMS


def test_a_message_does_not_repeat_a_long_text_in_full() -> None:
    assert len(refusal(f"{'x' * 1900}:y").message) < 120


PIECES = st.sampled_from(
    [
        *' \t\n"\\:*.()=<>~!%_-ax1',
        "and",
        "or ",
        "NOT ",
        "in (",
        "stage",
        "has:",
        "created > ",
        "2026-01-01",
        "metric.a",
        "8",
        "tag.",
        "param.",
        "draft",
        "number:",
        "\x00",
    ]
)
TEXTS = st.one_of(
    st.text(alphabet=st.characters(codec=None), max_size=2 * MAX_CHARACTERS),
    st.lists(PIECES, max_size=60).map("".join),
)


def outcome(text: str, subject: Subject) -> Expression | QuerySyntaxError:
    try:
        return parse(text, subject)
    except QuerySyntaxError as error:
        return error


@settings(deadline=None, max_examples=500)
@given(text=TEXTS, subject=st.sampled_from(Subject))
@example(text="(" * MAX_CHARACTERS, subject=Subject.VERSIONS)
@example(text="a " * (MAX_CHARACTERS // 2), subject=Subject.VERSIONS)
@example(text='"' + "\\" * (MAX_CHARACTERS - 1), subject=Subject.VERSIONS)
@example(text="tag." * (MAX_CHARACTERS // 4), subject=Subject.VERSIONS)
@example(text="\udc80", subject=Subject.VERSIONS)
def test_any_text_is_a_tree_or_an_error_with_a_place(text: str, subject: Subject) -> None:
    result = outcome(text, subject)

    if isinstance(result, QuerySyntaxError):
        position = result.details["position"]
        assert isinstance(position, int)
        assert 0 <= position <= len(text)
        assert result.message
        assert result.hint
        assert set(json.loads(json.dumps(result.details))) == {"position", "expected", "suggestion"}
    else:
        assert parse(render(result), subject) == result
