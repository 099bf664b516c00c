import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.errors import InvalidInput
from modelyard.domain.names import check_alias, check_key, check_model_name, check_tags
from modelyard.domain.principal import ANONYMOUS, Principal
from tests.strategies import INVISIBLE, names

FORBIDDEN = "/\\:@?#%"
UNSEEN = ["a\0b", "a\nb", "a\x9fb", "a\u202eb", "a\u200bb", "a\u2069b", "\ufeffa", "a\u2028b", "\ud800"]
SPACED = [" a", "a ", "\u00a0a", "a\u3000", " "]

texts = st.lists(st.sampled_from([*FORBIDDEN, *UNSEEN, *SPACED, ".", "e\u0301"]) | st.text(max_size=6)).map("".join)


@pytest.mark.parametrize(
    "name", ["churn", "fraud.cards.detector", "Churn", "é猫", "a b", ".hidden", "...", "x" * 200, "latest", "7"]
)
def test_a_model_may_be_named(name: str) -> None:
    assert check_model_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "x" * 201, "cafe\u0301", *UNSEEN, *SPACED, *(f"a{sign}b" for sign in FORBIDDEN)]
)
def test_a_model_may_not_be_named(name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_model_name(name)

    assert {error.pointer for error in refusal.value.errors} == {"/name"}
    assert refusal.value.message.isprintable()


@given(texts)
def test_a_name_that_is_taken_is_visible_and_in_one_form(name: str) -> None:
    try:
        check_model_name(name)
    except InvalidInput:
        return

    assert 1 <= len(name) <= 200
    assert name == name.strip() == unicodedata.normalize("NFC", name)
    assert not set(FORBIDDEN) & set(name)
    assert {unicodedata.category(character) for character in name}.isdisjoint(INVISIBLE)


@given(names)
def test_every_name_within_the_rules_is_taken(name: str) -> None:
    assert check_model_name(name) == name


def test_a_refusal_writes_the_normal_form_that_would_be_taken() -> None:
    with pytest.raises(InvalidInput, match="write 'caf\u00e9'"):
        check_model_name("cafe\u0301")


@pytest.mark.parametrize("alias", ["champion", "A", "0", "v1.2_rc-3", "a" * 100])
def test_an_alias_may_be_named(alias: str) -> None:
    assert check_alias(alias) == alias


@pytest.mark.parametrize("alias", ["", "a" * 101, ".a", "-a", "_a", "a b", "é", "a/b", "@a", "a\n", "\u0661"])
def test_an_alias_may_not_be_named(alias: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_alias(alias)

    assert [error.pointer for error in refusal.value.errors] == ["/alias"]


@pytest.mark.parametrize("key", ["team", "a/b:c@d", "x" * 250, "ключ", "a b"])
def test_a_key_may_be(key: str) -> None:
    assert check_key(key, "/tags") == key


@pytest.mark.parametrize("key", ["", "x" * 251, "cafe\u0301", *UNSEEN, *SPACED])
def test_a_key_may_not_be(key: str) -> None:
    with pytest.raises(InvalidInput):
        check_key(key, "/tags")


@pytest.mark.parametrize(
    ("check", "name"),
    [
        pytest.param(check_model_name, "\ud800" * 5_000, id="model"),
        pytest.param(check_alias, "\n" * 5_000, id="alias"),
        pytest.param(lambda text: check_key(text, "/tags"), "\u202e" * 5_000, id="key"),
    ],
)
def test_a_refusal_of_a_long_name_is_short_and_printable(check: Callable[[str], str], name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check(name)

    assert len(refusal.value.message) < 1_500
    assert refusal.value.message.isprintable()


def test_tags_may_be_up_to_200_with_values_up_to_5000_characters() -> None:
    tags = {f"tag {place}": "v" * 5_000 for place in range(200)}

    assert check_tags(tags) == tags


@pytest.mark.parametrize(
    ("tags", "pointer"),
    [
        pytest.param({str(place): "" for place in range(201)}, "/tags", id="too many"),
        pytest.param({"a/b~c": "v" * 5_001}, "/tags/a~1b~0c", id="too long a value"),
        pytest.param({" ": "blank"}, "/tags", id="a key against the rules"),
    ],
)
def test_tags_against_the_rules_are_refused(tags: dict[str, str], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_tags(tags)

    assert refusal.value.errors[0].pointer == pointer


def test_who_acts_is_named_by_one_visible_line() -> None:
    assert Principal.named("Ada Lovelace", "X-Actor") == Principal("Ada Lovelace") != ANONYMOUS

    with pytest.raises(InvalidInput) as refusal:
        Principal.named("ada\nroot", "X-Actor")

    assert refusal.value.errors[0].pointer == "X-Actor"
