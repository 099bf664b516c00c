"""What PostgreSQL must do with text and numbers exactly as SQLite does."""

import math
import struct
import sys
import unicodedata
from collections.abc import Iterator
from typing import cast

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select

from modelyard.application.ports.database import Transaction
from modelyard.domain.query.letter_case import folded
from modelyard.infrastructure.database.dialects import ascii_lower, letter_case_folded
from modelyard.infrastructure.database.postgresql import PostgresqlDatabase
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.transaction import SqlTransaction
from tests.postgresql_server import Databases

KNOWN = [
    chr(code) for code in range(1, sys.maxunicode + 1) if unicodedata.category(chr(code)) not in {"Cs", "Cn", "Co"}
]
"""Every character that this Python knows; a newer one may have a letter case in one of the two only."""

texts = st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0"), max_size=30)


@pytest.fixture(scope="module")
def connection(postgresql: Databases, migrated_template: str) -> Iterator[psycopg.Connection]:
    with postgresql.database(migrated_template) as url, psycopg.connect(url, autocommit=True) as opened:
        yield opened


def value(connection: psycopg.Connection, statement: str, *parameters: object) -> object:
    row = connection.execute(statement, parameters).fetchone()
    assert row
    return row[0]


def test_each_character_is_folded_as_on_sqlite(connection: psycopg.Connection) -> None:
    rows = connection.execute("SELECT c, modelyard_folded(c) FROM unnest(%s::text[]) AS c", [KNOWN]).fetchall()

    assert len(rows) == len(KNOWN) > 100_000
    assert [(given, found, folded(given)) for given, found in rows if found != folded(given)] == []


@given(text=texts)
@settings(max_examples=300)
def test_text_is_folded_as_on_sqlite(connection: psycopg.Connection, text: str) -> None:
    assert value(connection, "SELECT modelyard_folded(%s::text)", text) == folded(text)


@given(words=st.lists(texts, max_size=12))
@settings(max_examples=100)
def test_text_sorts_by_code_point(connection: psycopg.Connection, words: list[str]) -> None:
    connection.execute("CREATE TEMPORARY TABLE IF NOT EXISTS words (LIKE model_tags INCLUDING ALL)")
    connection.execute("TRUNCATE words")
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO words VALUES (%s, '', %s)", list(enumerate(words)))

    found = [row[0] for row in connection.execute("SELECT value FROM words ORDER BY value")]

    assert found == sorted(words)


def test_every_column_of_text_sorts_by_code_point(connection: psycopg.Connection) -> None:
    rows = connection.execute(
        "SELECT table_name, column_name, collation_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type = 'text' AND table_name <> 'alembic_version'"
    ).fetchall()

    assert len(rows) > 40
    assert {collation for _, _, collation in rows} == {"C"}


floats = st.floats(allow_nan=False, allow_infinity=False)


@given(number=floats)
@settings(max_examples=300)
def test_floats_come_back_bit_by_bit_also_through_json(connection: psycopg.Connection, number: float) -> None:
    plain = value(connection, "SELECT %s::float8", number)
    text = value(connection, "SELECT json_object_agg('a', %s::float8)::text", number)

    assert struct.pack("d", plain) == struct.pack("d", number)
    read = float(str(text).partition(":")[2].strip(" }"))
    assert struct.pack("d", read) == struct.pack("d", number) or (math.copysign(1, number) < 0 and number == 0)


async def test_a_prepared_statement_takes_names_constants_and_percent_signs(postgresql_url: str) -> None:
    database = PostgresqlDatabase(postgresql_url)
    await database.open()
    statement = Prepared(select(literal("100% %s %(x)s"), ascii_lower("ÄB"), letter_case_folded("ÄB")))

    def run(tx: Transaction) -> tuple[object, ...]:
        return statement.one(cast("SqlTransaction", tx).connection, {})

    for _ in range(12):  # the driver prepares it on the server after some
        assert await database.read(run) == ("100% %s %(x)s", "Äb", "äb")
    await database.close()
