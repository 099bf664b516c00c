import pytest
from sqlalchemy import ColumnElement, Dialect, column, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from modelyard.infrastructure.database.dialects import (
    ascii_lower,
    json_array,
    json_object,
    letter_case_folded,
    same_text,
)
from modelyard.infrastructure.database.engines import create_database_engine, driver_of
from modelyard.infrastructure.database.prepared import Prepared

KEY: ColumnElement[str] = column("key")
VALUE: ColumnElement[str] = column("value")


@pytest.mark.parametrize(
    ("construct", "in_sqlite", "in_postgresql"),
    [
        (
            json_object(KEY, VALUE),
            'json_group_object("key", value)',
            "coalesce(json_object_agg(key, value ORDER BY key), '{}')::text",
        ),
        (json_array(VALUE), "json_group_array(value)", "coalesce(json_agg(value), '[]')::text"),
        (ascii_lower(VALUE), "lower(value)", 'lower(value COLLATE "C")'),
        (letter_case_folded(VALUE), "modelyard_folded(value)", "modelyard_folded(value)"),
        (same_text(VALUE, KEY), '(value = "key")', "(char_length(value) <= 250 AND value = key)"),
    ],
    ids=["object", "array", "ASCII", "letter case", "same text"],
)
def test_a_construct_is_written_for_each_database(
    construct: ColumnElement[str], in_sqlite: str, in_postgresql: str
) -> None:
    dialects: list[Dialect] = [sqlite.dialect(), postgresql.dialect()]  # type: ignore[no-untyped-call]

    assert [str(construct.compile(dialect=dialect)) for dialect in dialects] == [in_sqlite, in_postgresql]


def test_a_prepared_statement_gives_rows_as_the_driver_has_them(sqlite_url: str) -> None:
    with create_database_engine(sqlite_url).connect() as connection:
        assert Prepared(select(literal_column("1"), literal_column("'a'"))).one(connection, {}) == (1, "a")
        nothing = Prepared(select(literal_column("1")).where(literal_column("0")))
        assert nothing.first(connection, {}) is None
        with pytest.raises(LookupError):
            nothing.one(connection, {})
        assert not driver_of(connection).in_transaction
