"""The history of the schema on PostgreSQL."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database import migrate
from modelyard.infrastructure.database.postgresql import PostgresqlDatabase
from modelyard.infrastructure.database.postgresql_engine import create_postgresql_engine
from modelyard.infrastructure.database.tables import metadata
from tests.integration.test_migrations import HISTORY, is_declared
from tests.postgresql_server import Databases

Schema = set[tuple[object, ...]]


@pytest.fixture
def url(postgresql: Databases) -> Iterator[str]:
    """The address of an empty database."""
    with postgresql.database() as address:
        yield address


def schema(url: str) -> Schema:
    """Every column, index, constraint and function, but for Alembic's own and those of extensions, which stay."""
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "SELECT 'column', table_name, column_name, data_type, is_nullable, column_default, collation_name "
            "FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
        ).fetchall()
        others = connection.execute(
            "SELECT 'index', tablename, indexdef FROM pg_indexes "
            "WHERE schemaname = 'public' AND tablename <> 'alembic_version' "
            "UNION ALL SELECT 'constraint', conrelid::regclass::text, conname || pg_get_constraintdef(oid) "
            "FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> "
            "'alembic_version' "
            "UNION ALL SELECT 'function', proname, prosrc FROM pg_proc p WHERE pronamespace = 'public'::regnamespace "
            "AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')"
        ).fetchall()
    return {*columns, *others}


def execute(url: str, statement: str, *parameters: object) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement, parameters)


@pytest.mark.parametrize("revision", HISTORY)
def test_each_step_goes_up_down_and_up_again(url: str, revision: str) -> None:
    place = HISTORY.index(revision)
    before = HISTORY[place - 1] if place else "base"
    if place:
        migrate.upgrade(url, before)
    below = schema(url)
    migrate.upgrade(url, revision)
    above = schema(url)

    migrate.downgrade(url, before)
    assert schema(url) == below
    assert migrate.current(url) == (before if place else None)

    migrate.upgrade(url, revision)
    assert schema(url) == above != below
    assert migrate.current(url) == revision


def test_the_whole_history_can_be_taken_back(url: str) -> None:
    migrate.upgrade(url)
    migrate.downgrade(url, "base")

    assert schema(url) == set()


def test_alembic_finds_nothing_to_migrate(url: str) -> None:
    migrate.upgrade(url)
    engine = create_postgresql_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_declared})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


async def test_hosts_that_upgrade_together_do_it_once(url: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate.upgrade, url) for _ in range(4)))

    assert migrate.current(url) == migrate.HEAD
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_a_failing_step_leaves_nothing_behind(url: str) -> None:
    execute(url, "CREATE TABLE answers (is_in_the_way int)")  # of the last step
    before = schema(url)

    with pytest.raises(Exception, match="answers"):
        migrate.upgrade(url)

    assert (migrate.current(url), schema(url)) == (None, before)


@pytest.mark.parametrize("revision", ["0001", None])
async def test_a_server_refuses_an_older_database_and_leaves_it_as_it_is(url: str, revision: str | None) -> None:
    if revision is not None:
        migrate.upgrade(url, revision)
    before = schema(url)
    database = PostgresqlDatabase(url)

    with pytest.raises(DatabaseUnavailable, match=f"this release needs {migrate.HEAD}") as refusal:
        await database.open()

    assert "modelyard db upgrade" in refusal.value.hint
    await database.close()
    assert schema(url) == before


async def test_a_database_of_a_newer_release_is_refused(url: str) -> None:
    migrate.upgrade(url)
    execute(url, "UPDATE alembic_version SET version_num = '9999'")
    database = PostgresqlDatabase(url)

    with pytest.raises(DatabaseUnavailable, match="newer"):
        await database.open()
    await database.close()
    with pytest.raises(DatabaseUnavailable, match="newer"):
        migrate.upgrade(url)


def test_a_database_in_another_encoding_is_refused(postgresql: Databases) -> None:
    name = f"{postgresql.prefix}_latin"
    postgresql.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        with pytest.raises(DatabaseUnavailable, match="UTF-8"):
            migrate.upgrade(postgresql.url_of(name))
    finally:
        postgresql.run(f"DROP DATABASE {name} WITH (FORCE)")


def test_values_longer_than_an_index_row_are_kept_and_found(postgresql_url: str) -> None:
    long = "".join(chr(0x4E00 + place * 7 % 20_000) for place in range(5_000))
    execute(postgresql_url, "INSERT INTO models VALUES (1, 'churn', '', 0, 0, 'ada', 0, 'ada', 1)")

    execute(postgresql_url, "INSERT INTO model_tags VALUES (1, %s, %s)", "é" * 250, long)

    with psycopg.connect(postgresql_url) as connection:
        assert connection.execute("SELECT count(*) FROM model_tags WHERE value = %s", [long]).fetchone() == (1,)
