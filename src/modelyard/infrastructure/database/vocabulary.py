"""All words of the registry, and which of them hold a text: what an index of whole words is asked for.

A word is a run of letters, digits and characters beyond ASCII, in small letters. What stands between two spaces and
holds other signs too, as names and addresses do, is a compound beside its words; its signs are kept as characters for
private use, so that no database takes them for anything else. Long words are kept in pieces that overlap, so that each
text of `LONGEST_NEEDLE` characters lies within one. Words stay when what held them is gone.
"""

import json
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from sqlalchemy import Connection, text

from modelyard.infrastructure.database.prepared import Prepared

LONGEST_WORD: Final = 64
LONGEST_NEEDLE: Final = LONGEST_WORD // 2

SHORTEST: Final = 3
"""Text of fewer characters has no trigram, and is found without an index."""

MANY_WORDS: Final = 200
"""Text in more words than this is so common that what has it is found soon without an index."""

BEGIN, END = "\x02", "\x03"
"""Stand around a word where it is cut into trigrams, so that its beginning and its end can be looked for."""

_WORD = re.compile(r"[a-z0-9\x80-\ud7ff\ue080-\U0010ffff]+")
_RUN = re.compile(r"[^\x00-\x20\x7f]+")
_SIGNS = {ord(sign): 0xE000 + ord(sign) for sign in string.punctuation}


@dataclass(frozen=True, slots=True)
class Needle:
    """A text as an index of words is asked for it.

    Of each of `lists` at least one word is in whatever holds the text; an empty list means that nothing does. Where it
    `is_exact`, these words are all there is to it.
    """

    lists: Sequence[Sequence[str]]
    is_exact: bool


TABLES: Final = ("words", "compounds")

_UNKNOWN = {
    "sqlite": "SELECT value FROM json_each(:words) WHERE NOT EXISTS (SELECT 1 FROM words WHERE word = value)"
    " AND NOT EXISTS (SELECT 1 FROM compounds WHERE word = value)",
    "postgresql": "SELECT value FROM json_array_elements_text(cast(:words AS json)) AS value"
    " WHERE NOT EXISTS (SELECT 1 FROM words WHERE word = value)"
    " AND NOT EXISTS (SELECT 1 FROM compounds WHERE word = value)",
}
_ADDING = {
    table: Prepared(text(f"INSERT INTO {table} (word) VALUES (:word) ON CONFLICT DO NOTHING"))  # noqa: S608 - two names
    for table in TABLES
}
_FIND = {
    "sqlite": "SELECT {table}.word FROM {table}_grams JOIN {table} ON {table}.id = {table}_grams.rowid"
    " WHERE {table}_grams MATCH :grams AND {table}.word LIKE :pattern"
    " UNION ALL SELECT word FROM {table} WHERE word LIKE :pattern"
    " AND id > (SELECT coalesce(max(id), 0) FROM {table}_grams_docsize)",
    "postgresql": "SELECT word FROM {table} WHERE word LIKE :pattern",
}
_ASKING = {dialect: Prepared(text(statement)) for dialect, statement in _UNKNOWN.items()}
_FINDING = {
    (dialect, table): Prepared(text(f"{statement.format(table=table)} LIMIT {MANY_WORDS + 1}"))
    for dialect, statement in _FIND.items()
    for table in TABLES
}


def words_of(document: str) -> list[str]:
    """The words of a folded text, each once, in order: whoever adds them at the same time waits in the same order."""
    plain = set(_WORD.findall(document))
    signed = {run.translate(_SIGNS) for run in set(_RUN.findall(document)) - plain}
    words = plain | signed
    if max(map(len, words), default=0) > LONGEST_WORD:
        words = set(chain.from_iterable(map(_pieces, words)))
    return sorted(words)


def _pieces(word: str) -> Iterable[str]:
    if len(word) <= LONGEST_WORD:
        return (word,)
    return (word[at : at + LONGEST_WORD] for at in range(0, len(word) - LONGEST_NEEDLE, LONGEST_NEEDLE))


def add_words(connection: Connection, words: Sequence[str]) -> None:
    """Take note of words; most are known."""
    values = {"words": json.dumps(words, ensure_ascii=False)}
    for (word,) in sorted(_ASKING[connection.dialect.name].all(connection, values)):
        _ADDING[_table_of(word)].many(connection, [{"word": word}])


def _table_of(word: str) -> str:
    return TABLES[0] if _WORD.fullmatch(word) else TABLES[1]


def known_needles(connection: Connection, texts: Sequence[str]) -> Mapping[str, Needle]:
    """What an index of words is to be asked for to find folded texts; those are left out that it is no use asking."""
    found = {text: _needle(connection, text) for text in texts if len(text) >= SHORTEST}
    return {text: needle for text, needle in found.items() if needle.lists}


def _needle(connection: Connection, text: str) -> Needle:
    """By what stands between its spaces; where that is in too many words, by what stands between its other signs."""
    lists: list[Sequence[str]] = []
    is_exact = len(text) <= LONGEST_NEEDLE and _RUN.fullmatch(text) is not None
    for run in _RUN.finditer(text):
        is_begun, is_ended = run.start() > 0, run.end() < len(text)
        words = _holding(connection, run[0].translate(_SIGNS), is_begun=is_begun, is_ended=is_ended)
        if words is not None:
            lists.append(words)
            continue
        is_exact = False
        for word in _WORD.finditer(run[0]) if not _WORD.fullmatch(run[0]) else ():
            is_begun, is_ended = run.start() + word.start() > 0, run.start() + word.end() < len(text)
            words = _holding(connection, word[0], is_begun=is_begun, is_ended=is_ended)
            if words is not None:
                lists.append(words)
    return Needle(lists, is_exact)


def _holding(connection: Connection, part: str, *, is_begun: bool, is_ended: bool) -> Sequence[str] | None:
    """The words that hold a part, at their beginning or end where that is said; None for too many."""
    if is_begun and is_ended and len(part) <= LONGEST_WORD:
        return [part]
    if len(part) > LONGEST_NEEDLE:
        is_begun = is_begun and not is_ended
        part = part[-LONGEST_NEEDLE:] if is_ended else part[:LONGEST_NEEDLE]
    whole = f"{BEGIN if is_begun else ''}{part}{END if is_ended else ''}"
    if len(whole) < SHORTEST:
        return None
    grams = " AND ".join(f'"{whole[at : at + SHORTEST]}"' for at in range(len(whole) - SHORTEST + 1))
    pattern = f"{'' if is_begun else '%'}{part}{'' if is_ended else '%'}"
    rows = _FINDING[connection.dialect.name, _table_of(part)].all(connection, {"grams": grams, "pattern": pattern})
    # On PostgreSQL a word may stand twice, where two changes added it at once: neither waits for the other.
    return None if len(rows) > MANY_WORDS else list(dict.fromkeys(row[0] for row in rows))
