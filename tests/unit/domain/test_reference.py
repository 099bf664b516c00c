import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.errors import InvalidInput
from modelyard.domain.lifecycle import Stage
from modelyard.domain.reference import (
    ByAlias,
    ByNumber,
    ByStage,
    Latest,
    Reference,
    parse_full_reference,
    parse_reference,
)
from tests.strategies import names

aliases = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", fullmatch=True)
references: st.SearchStrategy[Reference] = st.one_of(
    st.integers(1, 999_999_999).map(ByNumber),
    st.sampled_from(Stage).map(ByStage),
    st.just(Latest()),
    aliases.map(ByAlias),
)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("7", ByNumber(7)),
        ("999999999", ByNumber(999_999_999)),
        ("draft", ByStage(Stage.DRAFT)),
        ("staging", ByStage(Stage.STAGING)),
        ("production", ByStage(Stage.PRODUCTION)),
        ("archived", ByStage(Stage.ARCHIVED)),
        ("latest", Latest()),
        ("@champion", ByAlias("champion")),
        ("@production", ByAlias("production")),
        ("@7", ByAlias("7")),
    ],
)
def test_a_reference_reads(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "07",
        "-1",
        "+1",
        "1.0",
        "1e3",
        "1000000000",
        "\u0667",
        "7 ",
        "7\n",
        "Production",
        "champion",
        "@",
        "@a b",
        "@\ud800",
        "\0",
        "\ud800" * 5_000,
    ],
)
def test_nothing_else_is_a_reference(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_reference(text)

    assert [error.pointer for error in refusal.value.errors] == ["ref"]
    assert refusal.value.message.isprintable()


@given(references)
def test_a_reference_reads_as_it_is_written(reference: Reference) -> None:
    assert parse_reference(str(reference)) == reference


@given(names, references)
def test_a_full_reference_reads_as_it_is_written(model: str, reference: Reference) -> None:
    text = f"{model}{reference}" if isinstance(reference, ByAlias) else f"{model}:{reference}"

    assert parse_full_reference(text, "/parent") == (model, reference)


@pytest.mark.parametrize(
    "text", ["churn", "", ":7", "@champion", "churn:", "churn@", "a/b:7", "churn:x", "a@b:7", "a:7:8"]
)
def test_nothing_else_is_a_full_reference(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_full_reference(text, "/lineage/parent")

    assert {error.pointer for error in refusal.value.errors} == {"/lineage/parent"}
