import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pysqlite3.dbapi2 as driver
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database import migrate
from modelyard.infrastructure.database.engines import create_database_engine
from modelyard.infrastructure.database.tables import metadata

MIGRATIONS = Path(migrate.__file__).parent / "migrations"

HISTORY = [script.revision for script in reversed(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions()))]
NEXT_REVISION = f"{int(migrate.HEAD) + 1:04d}"

Schema = set[tuple[str, ...]]

DERIVED = ("model_texts", "version_texts", "words", "compounds")
"""What is no part of the declared tables: the index of words, and what SQLite and PostgreSQL keep for it."""


def is_declared(_: object, name: str | None, *__: object) -> bool:
    return not (name or "").removeprefix("ix_").removeprefix("sqlite_autoindex_").startswith(DERIVED)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


def rows(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(driver.connect(path)) as connection:
        return list(connection.execute(statement))


def execute(path: Path, *statements: str) -> None:
    with closing(driver.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def schema(path: Path) -> Schema:
    """Every table and index as it was written, but for Alembic's own, white space, and SQLite's quotes.

    A table that was built anew got its name by renaming, and that puts the name into quotes.
    """
    found = rows(path, "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema")
    return {
        tuple(" ".join(str(part).replace('"', "").split()) for part in row)
        for row in found
        if row[2] not in {"alembic_version", "sqlite_sequence"}
    }


@pytest.mark.parametrize("revision", HISTORY)
def test_each_step_goes_up_down_and_up_again(path: Path, url: str, revision: str) -> None:
    place = HISTORY.index(revision)
    before = HISTORY[place - 1] if place else "base"
    if place:
        migrate.upgrade(url, before)
    below = schema(path)
    migrate.upgrade(url, revision)
    above = schema(path)

    migrate.downgrade(url, before)
    assert schema(path) == below
    assert migrate.current(url) == (before if place else None)

    migrate.upgrade(url, revision)
    assert schema(path) == above != below
    assert migrate.current(url) == revision


def test_the_whole_history_can_be_taken_back(path: Path, url: str) -> None:
    migrate.upgrade(url)
    migrate.downgrade(url, "base")

    assert schema(path) == set()


def test_the_history_is_one_line_and_ends_at_what_the_release_needs() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))

    assert scripts.get_heads() == [migrate.HEAD] == [migrate.head()] == HISTORY[-1:]
    assert sorted(HISTORY) == HISTORY
    assert all(script.is_branch_point is False for script in scripts.walk_revisions())
    assert all(script.doc.strip().endswith(".") for script in scripts.walk_revisions())


def test_alembic_finds_nothing_to_migrate(url: str) -> None:
    migrate.upgrade(url)

    with create_database_engine(url).connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_object": is_declared}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_the_tables_are_what_the_migrations_leave_with_every_index_and_constraint(
    path: Path, url: str, tmp_path: Path
) -> None:
    migrate.upgrade(url)
    metadata.create_all(create_database_engine(f"sqlite:///{tmp_path / 'declared.db'}"))

    declared = schema(tmp_path / "declared.db")
    assert {row for row in schema(path) if is_declared(row, row[1]) and row[0] != "trigger"} == declared


def test_an_upgrade_of_what_is_up_to_date_does_nothing(path: Path, url: str) -> None:
    migrate.upgrade(url)
    execute(path, "INSERT INTO uploads VALUES ('a', 1, NULL, 0, NULL, NULL, 0, 'ada', 0)")
    before = rows(path, "PRAGMA schema_version")

    migrate.upgrade(url)

    assert rows(path, "PRAGMA schema_version") == before
    assert len(rows(path, "SELECT * FROM uploads")) == 1


PROGRAM = """
import sys
from modelyard.infrastructure.database import migrate
migrate.upgrade(sys.argv[1])
print("alembic" in sys.modules)
"""


async def started(url: str) -> bool:
    """Upgrades in a process of its own; tells whether Alembic was needed."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM, url]
    outcome = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False, timeout=60)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout.strip() == "True"


async def test_servers_that_start_together_upgrade_once(path: Path, url: str) -> None:
    assert any(await asyncio.gather(*(started(url) for _ in range(3))))

    assert migrate.current(url) == migrate.HEAD
    assert rows(path, "SELECT count(*) FROM alembic_version") == [(1,)]


async def test_a_server_whose_schema_is_up_to_date_starts_without_alembic(url: str) -> None:
    migrate.upgrade(url)

    assert await started(url) is False


@pytest.mark.parametrize("revision", [NEXT_REVISION, "9999", "a2b4c6"])
def test_a_database_of_a_newer_release_is_refused(path: Path, url: str, revision: str) -> None:
    migrate.upgrade(url)
    execute(path, f"UPDATE alembic_version SET version_num = '{revision}'")  # noqa: S608
    before = schema(path)

    with pytest.raises(DatabaseUnavailable, match=f"{revision}.*newer"):
        migrate.upgrade(url)
    assert (migrate.current(url), schema(path)) == (revision, before)


def test_an_empty_database_is_at_no_migration(url: str) -> None:
    assert migrate.current(url) is None


NEXT = (
    "from alembic import op\nimport sqlalchemy as sa\n"
    f"revision = '{NEXT_REVISION}'\ndown_revision = '{migrate.HEAD}'\n"
)

AddMigration = Callable[[str], None]


@pytest.fixture
def add_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AddMigration:
    """Gives the history one more step, with this body."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))

    def configuration(connection: Connection) -> Config:
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        return config

    def add(body: str) -> None:
        (folder / "versions" / f"{NEXT_REVISION}_next.py").write_text(f'"""Next."""\n{NEXT}def upgrade():\n{body}')

    monkeypatch.setattr(migrate, "configuration", configuration)
    return add


@pytest.fixture
def filled(path: Path, url: str) -> Path:
    """A registry with a model that has a tag."""
    migrate.upgrade(url)
    execute(
        path,
        "INSERT INTO models VALUES (1, 'churn', '', 0, 0, 'ada', 0, 'ada', 1, 0)",
        "INSERT INTO model_tags VALUES (1, 'team', 'risk')",
    )
    return path


def test_a_failing_step_leaves_nothing_behind(filled: Path, url: str, add_migration: AddMigration) -> None:
    before = schema(filled)
    add_migration(
        "    op.add_column('models', sa.Column('extra', sa.Text))\n"
        "    op.execute(\"UPDATE models SET description = 'half done'\")\n"
        "    op.create_table('half', sa.Column('id', sa.Integer))\n"
        "    raise ArithmeticError('in the middle')\n"
    )

    with pytest.raises(ArithmeticError):
        migrate.upgrade(url, NEXT_REVISION)

    assert (migrate.current(url), schema(filled)) == (migrate.HEAD, before)
    assert rows(filled, "SELECT description FROM models") == [("",)]
    migrate.upgrade(url)


def test_a_failing_step_takes_back_the_steps_before_it(path: Path, url: str, add_migration: AddMigration) -> None:
    migrate.upgrade(url, "0003")
    before = schema(path)
    add_migration("    raise ArithmeticError('at the end')\n")

    with pytest.raises(ArithmeticError):
        migrate.upgrade(url, NEXT_REVISION)

    assert (migrate.current(url), schema(path)) == ("0003", before)
    migrate.upgrade(url)
    assert migrate.current(url) == migrate.HEAD


def test_rebuilding_a_table_keeps_what_refers_to_it(filled: Path, url: str, add_migration: AddMigration) -> None:
    add_migration(
        "    with op.batch_alter_table('models', recreate='always') as batch:\n"
        "        batch.add_column(sa.Column('extra', sa.Text, nullable=False, server_default='x'))\n"
    )

    migrate.upgrade(url, NEXT_REVISION)

    assert rows(filled, "SELECT name, extra FROM models") == [("churn", "x")]
    assert rows(filled, "SELECT * FROM model_tags") == [(1, "team", "risk")]


def test_a_step_that_would_leave_rows_without_their_owner_is_refused(
    filled: Path, url: str, add_migration: AddMigration
) -> None:
    add_migration("    op.execute('DELETE FROM models')\n")

    with pytest.raises(DatabaseUnavailable, match="refer to nothing"):
        migrate.upgrade(url, NEXT_REVISION)
    assert rows(filled, "SELECT name FROM models") == [("churn",)]
