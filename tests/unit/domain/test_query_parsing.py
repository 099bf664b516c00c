import pytest

from modelyard.domain.lifecycle import Stage
from modelyard.domain.query import (
    EVERYTHING,
    MAX_CHARACTERS,
    MAX_TERMS,
    And,
    Comparison,
    Expression,
    Field,
    Operator,
    Present,
    Subject,
    Words,
    parse,
)


def is_value(root: str, value: str | int, key: str | None = None) -> Comparison:
    return Comparison(Field(root, key), Operator.IS, value)


FRAUD, DETECTOR = Words("fraud"), Words("detector")
RISK = is_value("tag", "risk", key="team")


@pytest.mark.parametrize("text", ["", "   ", "\t\r\n", "\u00a0\u3000"])
def test_no_text_asks_for_everything(text: str) -> None:
    assert parse(text, Subject.MODELS) == And(()) == EVERYTHING


@pytest.mark.parametrize(
    "text",
    [
        "fraud detector",
        "  fraud   detector  ",
        "fraud\tdetector",
        "fraud\r\ndetector",
        "fraud\u3000detector",
        "fraud and detector",
        "fraud AND detector",
        "fraud And\ndetector",
        '"fraud" detector',
    ],
)
def test_words_are_joined_by_and_or_by_standing_side_by_side(text: str) -> None:
    assert parse(text, Subject.MODELS) == And((FRAUD, DETECTOR))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fraud", "fraud"),
        ("scikit-learn", "scikit-learn"),
        ("fraud.cards", "fraud.cards"),
        ("50%", "50%"),
        ("max_depth", "max_depth"),
        ("wow!", "wow!"),
        ("*", "*"),
        ("a\\b", "a\\b"),
        ("naïve", "naïve"),
        ("🙂", "🙂"),
        ("android", "android"),
        ("Order", "Order"),
        ("nothing", "nothing"),
        ("in", "in"),
        ('"or"', "or"),
        ('"not"', "not"),
        ('"and"', "and"),
        ('"age<30 (men)"', "age<30 (men)"),
        ('"stage:production"', "stage:production"),
        ('"gradient  boosted"', "gradient  boosted"),
        (r'"a \"b\" c:\\d"', r'a "b" c:\d'),
    ],
)
def test_a_word_or_phrase_is_searched_as_it_stands(text: str, words: str) -> None:
    assert parse(text, Subject.MODELS) == Words(words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model:churn", is_value("model", "churn")),
        ("name:Churn", is_value("name", "Churn")),
        ("number:7", is_value("number", 7)),
        ("number:007", is_value("number", 7)),
        ('number:"7"', is_value("number", 7)),
        ("number:9223372036854775807", is_value("number", 2**63 - 1)),
        ("stage:production", is_value("stage", Stage.PRODUCTION)),
        ('stage:"draft"', is_value("stage", Stage.DRAFT)),
        ("alias:champion", is_value("alias", "champion")),
        ("framework:sklearn", is_value("framework", "sklearn")),
        ("framework:torch>=2", is_value("framework", "torch>=2")),
        ("owner:ann@example.org", is_value("owner", "ann@example.org")),
        ("digest:sha256:0a1b", is_value("digest", "sha256:0a1b")),
        ("tag.team:risk", RISK),
        ('tag."team":"risk"', RISK),
        ("tag.a.b:c", is_value("tag", "c", key="a.b")),
        ('tag."my key":x', is_value("tag", "x", key="my key")),
        (r'tag."a\"b\\c":x', is_value("tag", "x", key=r'a"b\c')),
        ("tag.team:and", is_value("tag", "and", key="team")),
        ("tag.team:or", is_value("tag", "or", key="team")),
        ('tag.team:""', is_value("tag", "", key="team")),
        ('tag.team:"risk (eu)"', is_value("tag", "risk (eu)", key="team")),
        (r'tag.path:"C:\\\"x\""', is_value("tag", r'C:\"x"', key="path")),
        (r"tag.path:C:\x", is_value("tag", r"C:\x", key="path")),
        ("tag.path:~/data,1", is_value("tag", "~/data,1", key="path")),
        ('tag.star:"*"', is_value("tag", "*", key="star")),
        ("tag.star:a*", is_value("tag", "a*", key="star")),
        ("param.max_depth:8", is_value("param", "8", key="max_depth")),
    ],
)
def test_a_field_is_set_against_a_value(text: str, expected: Comparison) -> None:
    assert parse(text, Subject.VERSIONS) == expected


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("tag.legacy:*", Field("tag", "legacy")),
        ('tag."le gacy":*', Field("tag", "le gacy")),
        ("param.seed:*", Field("param", "seed")),
        ("alias:*", Field("alias")),
        ("framework:*", Field("framework")),
    ],
)
def test_a_star_asks_whether_a_field_is_there(text: str, field: Field) -> None:
    assert parse(text, Subject.VERSIONS) == Present(field)


@pytest.mark.parametrize(
    ("text", "operands"),
    [
        ("fraud tag.team:risk", (FRAUD, RISK)),
        ("tag.team:risk and fraud", (RISK, FRAUD)),
        ("tag.legacy:* fraud AND tag.team:risk", (Present(Field("tag", "legacy")), FRAUD, RISK)),
        ("fraud in cards", (FRAUD, Words("in"), Words("cards"))),
        ("fraud fraud", (FRAUD, FRAUD)),
    ],
)
def test_terms_keep_their_order(text: str, operands: tuple[Expression, ...]) -> None:
    assert parse(text, Subject.MODELS) == And(operands)


def test_a_stage_comes_as_a_stage() -> None:
    tree = parse("stage:archived", Subject.VERSIONS)

    assert isinstance(tree, Comparison)
    assert tree.value is Stage.ARCHIVED


@pytest.mark.parametrize("text", ["x " * MAX_TERMS, "x" * MAX_CHARACTERS, f"tag.a:{'x' * (MAX_CHARACTERS - 6)}"])
def test_a_query_may_fill_its_bounds(text: str) -> None:
    assert parse(text, Subject.MODELS) != EVERYTHING
