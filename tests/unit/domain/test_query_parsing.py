from datetime import UTC, datetime

import pytest

from modelyard.domain.lifecycle import Stage
from modelyard.domain.query import (
    EVERYTHING,
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_TERMS,
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
    Subject,
    Value,
    Words,
    parse,
)


def is_value(root: str, value: Value, key: str | None = None) -> Comparison:
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
        ("param.max_depth:8", is_value("param", Numeral("8"), key="max_depth")),
        ('param.max_depth:"8"', is_value("param", "8", key="max_depth")),
        ("param.kind:gini", is_value("param", "gini", key="kind")),
        ("meta.training.rows:1e6", is_value("meta", Numeral("1e6"), key="training.rows")),
        ("lineage.git.commit:0a1b", is_value("lineage", "0a1b", key="git.commit")),
        ("metric.auc:0.93", is_value("metric", 0.93, key="auc")),
        ("metric.auc@holdout:-0", is_value("metric", 0.0, key="auc@holdout")),
        ('metric.auc@holdout/"age<30":1', is_value("metric", 1.0, key="auc@holdout/age<30")),
        ('tag.a."b c":x', is_value("tag", "x", key="a.b c")),
        ("size:48213", is_value("size", 48213)),
        ("created:2026-01-31", is_value("created", datetime(2026, 1, 31, tzinfo=UTC))),
        ("updated:2026-01-31T12:00:00.125+02:00", is_value("updated", datetime(2026, 1, 31, 10, 0, 0, 125_000, UTC))),
        ('card:""', is_value("card", "")),
        ("description:churn", is_value("description", "churn")),
        ("tag.team=risk", RISK),
        ('tag.team = "risk"', RISK),
        ("tag.sum=a+b,c", is_value("tag", "a+b,c", key="sum")),
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
        ("has:framework", Field("framework")),
        ("has:tag.legacy", Field("tag", "legacy")),
        ('has:tag."le gacy"', Field("tag", "le gacy")),
        ("HAS:metric.auc@holdout", Field("metric", "auc@holdout")),
        ("meta.a.b:*", Field("meta", "a.b")),
        ("has:card", Field("card")),
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


@pytest.mark.parametrize(
    ("text", "operator"),
    [
        ("metric.auc > 0.9", Operator.GREATER),
        ("metric.auc>0.9", Operator.GREATER),
        ("metric.auc >= 0.9", Operator.AT_LEAST),
        ("metric.auc>= 9e-1", Operator.AT_LEAST),
        ("metric.auc < +.9", Operator.LESS),
        ("metric.auc <=0.90", Operator.AT_MOST),
        ("metric.auc = 0.9", Operator.IS),
        ('metric.auc != "0.9"', Operator.IS_NOT),
    ],
)
def test_a_sign_compares_a_field_with_a_value(text: str, operator: Operator) -> None:
    assert parse(text, Subject.VERSIONS) == Comparison(Field("metric", "auc"), operator, 0.9)


def test_a_part_of_a_text_is_asked_for_by_a_tilde_and_is_text_even_where_it_looks_like_a_number() -> None:
    assert parse("name ~ churn", Subject.MODELS) == Comparison(Field("name"), Operator.CONTAINS, "churn")
    assert parse("param.run~42", Subject.VERSIONS) == Comparison(Field("param", "run"), Operator.CONTAINS, "42")


@pytest.mark.parametrize(
    "text", ["stage in (draft, staging)", "stage in(draft,staging)", 'stage IN ( "draft" , staging )']
)
def test_one_of_several_values_is_asked_for_by_in(text: str) -> None:
    assert parse(text, Subject.VERSIONS) == Among(Field("stage"), (Stage.DRAFT, Stage.STAGING))


A, B, C, D = (Words(letter) for letter in "abcd")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a or b", Or((A, B))),
        ("a or b or c", Or((A, B, C))),
        ("a b or c d", Or((And((A, B)), And((C, D))))),
        ("a and b OR c", Or((And((A, B)), C))),
        ("(a or b) c", And((Or((A, B)), C))),
        ("a (b or (c or d))", And((A, Or((B, C, D))))),
        ("(a b) (c d)", And((A, B, C, D))),
        ("not(a)and(b)or(c)", Or((And((Not(A), B)), C))),
        ("((a))", A),
        ("not a", Not(A)),
        ("not a b", And((Not(A), B))),
        ("not a or b", Or((Not(A), B))),
        ("not (a or b)", Not(Or((A, B)))),
        ("not(a b)", Not(And((A, B)))),
        ("not not a", A),
        ("not not not a", Not(A)),
        ("not (not a)", A),
        ('a or "or"', Or((A, Words("or")))),
    ],
)
def test_not_binds_more_strongly_than_and_and_and_more_than_or(text: str, tree: Expression) -> None:
    assert parse(text, Subject.MODELS) == tree


def test_parentheses_may_be_nested_within_bounds() -> None:
    deep = "(a or (b " * (MAX_DEPTH // 2 - 1) + "c" + "))" * (MAX_DEPTH // 2 - 1)

    assert parse(deep, Subject.MODELS) != EVERYTHING
