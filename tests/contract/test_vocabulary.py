"""Which words a text has, and which words hold a text."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from modelyard.application.ports.database import Database, Transaction
from modelyard.domain.query.letter_case import folded
from modelyard.infrastructure.database.transaction import SqlTransaction
from modelyard.infrastructure.database.vocabulary import LONGEST_NEEDLE, Needle, add_words, known_needles, words_of

CHARACTERS = st.sampled_from("aZ9 -._'\"\\:%$\n\tßΣ\u3000é\ue02d") | st.characters(
    exclude_characters="\0", codec="utf-8"
)
TEXTS = st.text(CHARACTERS).map(lambda drawn: drawn * 7)


def connection_of(tx: Transaction) -> Connection:
    return cast("SqlTransaction", tx).connection


@given(written=TEXTS, begin=st.integers(0, 300), length=st.integers(3, 80))
async def test_words_of_whatever_holds_a_text_are_among_those_that_are_asked_for(
    database: Database, written: str, begin: int, length: int
) -> None:
    document = folded(written)
    part = document[begin : begin + length]

    def needles(tx: Transaction) -> Needle | None:
        add_words(connection_of(tx), words_of(document))
        return known_needles(connection_of(tx), [part]).get(part)

    needle = await database.write(needles)

    for words in needle.lists if needle else ():
        assert set(words) & set(words_of(document))


@pytest.mark.parametrize(
    ("needle", "lists", "is_exact"),
    [
        ("rau", [["fraud"]], True),
        ("ab-fr", [["ab\ue02dfraud"]], True),
        ("b-f", [["ab\ue02dfraud"]], True),
        ("aud data", [["fraud"], ["data"]], False),
        ("ab-fraud da", [["ab\ue02dfraud"], ["data"]], False),
        ("nowhere", [[]], True),
        ("x" * 40, [["x" * 64, "x" * 38]], False),
    ],
)
async def test_a_text_is_looked_for_by_the_words_that_hold_it(
    database: Database, needle: str, lists: list[list[str]], is_exact: bool
) -> None:
    def needles(tx: Transaction) -> Needle:
        add_words(connection_of(tx), words_of(f"ab-fraud data {'x' * 70}"))
        return known_needles(connection_of(tx), [needle])[needle]

    found = await database.write(needles)

    assert ([sorted(words) for words in found.lists], found.is_exact) == ([sorted(words) for words in lists], is_exact)


async def test_what_is_too_short_or_in_too_many_words_is_not_looked_for(database: Database) -> None:
    def needles(tx: Transaction) -> list[str]:
        add_words(connection_of(tx), [f"run{number:03}" for number in range(300)])
        return list(known_needles(connection_of(tx), ["r0", "run", "run1", "- -", "a b"]))

    assert await database.write(needles) == ["run1"]
    assert LONGEST_NEEDLE >= 3
