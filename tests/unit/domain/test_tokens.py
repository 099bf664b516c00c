import hashlib
import math
import re

import pytest

from modelyard.domain.access.token import PREFIX, Scope, TokenDraft, new_secret, read_secret
from modelyard.domain.errors import InvalidInput


def test_a_secret_has_at_least_192_random_bits_and_is_never_the_same() -> None:
    texts = {new_secret().text for _ in range(1_000)}
    assert len(texts) == 1_000
    assert all(re.fullmatch(rf"{PREFIX}[0-9A-Za-z]{{42}}", text) for text in texts)
    assert math.log2(62) * 36 > 192


def test_a_secret_is_read_back_and_kept_as_its_hash() -> None:
    secret = new_secret()
    read = read_secret(secret.text)
    assert read is not None
    assert read.hash == hashlib.sha256(secret.text.encode()).digest()
    assert secret.ending == secret.text[-4:]


@pytest.mark.parametrize("place", [4, 20, 39, 41, -1])
def test_a_character_that_was_mistyped_shows_without_a_look_into_the_database(place: int) -> None:
    text = new_secret().text
    other = "0" if text[place] != "0" else "1"
    changed = text[:place] + other + (text[place + 1 :] if place != -1 else "")
    assert read_secret(changed) is None


@pytest.mark.parametrize(
    "text", ["", "mdy_", "secret", "Bearer x", "mdy_" + "0" * 42 + "\n", "mdy_" + "é" * 42, "MDY_" + "0" * 42]
)
def test_what_cannot_be_a_token_is_none(text: str) -> None:
    assert read_secret(text) is None


def test_a_secret_does_not_show_when_it_is_printed() -> None:
    secret = new_secret()
    assert secret.text not in repr(secret)


@pytest.mark.parametrize(
    ("name", "scopes", "models", "pointer"),
    [
        ("", [Scope.READ], ("*",), "/name"),
        ("a\nb", [Scope.READ], ("*",), "/name"),
        ("ci", [], ("*",), "/scopes"),
        ("ci", [Scope.READ], (), "/models"),
        ("ci", [Scope.READ], ("*", "a/b"), "/models/1"),
    ],
)
def test_a_draft_against_a_rule_is_refused(
    name: str, scopes: list[Scope], models: tuple[str, ...], pointer: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        TokenDraft(name=name, scopes=frozenset(scopes), models=models)
    assert caught.value.errors[0].pointer == pointer
