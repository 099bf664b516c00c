"""All rows moved from one kind of database to another, and back."""

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from modelyard.application.ports.database import Database
from modelyard.application.ports.rows import TableSum
from modelyard.application.services import measuring
from modelyard.domain.errors import DatabaseUnavailable
from modelyard.domain.metric import MetricKey
from modelyard.domain.reference import ByNumber
from modelyard.infrastructure.database import migrate
from modelyard.infrastructure.database.row_snapshot import ArchivedRows, SqlRowSource, sums_of
from modelyard.infrastructure.database.row_target import SqlRowTarget, make_portable
from modelyard.infrastructure.database.sqlite import SqliteDatabase
from tests import strategies as drawn
from tests.factories import ADA, Dump, Workshop
from tests.fakes.clock import FixedClock
from tests.postgresql_server import Databases


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("empty_postgresql_url"))


@pytest.fixture
def empty_postgresql_url(postgresql: Databases) -> Iterator[str]:
    with postgresql.database() as url:
        yield url


def move(source: SqlRowSource | ArchivedRows, url: str) -> Mapping[str, TableSum]:
    target = SqlRowTarget(url)
    target.claim()
    with source.snapshot() as snapshot:
        return target.fill(snapshot)


def sums(source: SqlRowSource | ArchivedRows) -> Mapping[str, TableSum]:
    with source.snapshot() as snapshot:
        return sums_of(snapshot)


async def dump_of(url: str) -> Dump:
    database = SqliteDatabase(url, FixedClock())
    await database.open()
    try:
        return await Workshop(database).dump()
    finally:
        await database.close()


async def _fill(database: Database, example: st.DataObject) -> None:
    workshop = Workshop(database)
    model = await workshop.model(description=example.draw(drawn.texts), tags=example.draw(drawn.tags))
    for _ in range(example.draw(st.integers(1, 8))):
        version = await workshop.version(
            model.name,
            description=example.draw(drawn.texts),
            card=example.draw(drawn.texts),
            metadata=example.draw(drawn.json_objects),
            params=example.draw(st.dictionaries(drawn.names, drawn.json_values, max_size=4)),
        )
        values = example.draw(st.lists(drawn.finite_floats, min_size=1, max_size=5))
        entries = [
            measuring.Measurement(key=MetricKey(name="auc"), step=step, value=value, recorded_at=None)
            for step, value in enumerate(values)
        ]
        await database.write(measuring.append_metrics, ADA, version.model, ByNumber(version.number), entries)
        await workshop.alias(version, "champion", is_protected=example.draw(st.booleans()))


@settings(max_examples=6, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(example=st.data())
async def test_every_row_comes_back_byte_for_byte(
    postgresql: Databases, migrated_file: Path, tmp_path_factory: pytest.TempPathFactory, example: st.DataObject
) -> None:
    """From SQLite to PostgreSQL, to an archive, and back; floats, text and JSON as they were.

    Each example migrates three databases, so there are few, with much in each.
    """
    folder = tmp_path_factory.mktemp("rows")
    origin, archive, end = (f"sqlite:///{folder / name}.db" for name in ("origin", "archive", "end"))
    shutil.copyfile(migrated_file, folder / "origin.db")
    database = SqliteDatabase(origin, FixedClock())
    await database.open()
    try:
        await _fill(database, example)
    finally:
        await database.close()

    def travel() -> list[Mapping[str, TableSum]]:
        with postgresql.database() as url:
            found = [sums(SqlRowSource(origin)), move(SqlRowSource(origin), url), sums(SqlRowSource(url))]
            found.append(move(SqlRowSource(url), archive))
        make_portable(archive)
        return [*found, move(ArchivedRows(folder / "archive.db"), end)]

    first, *others = await asyncio.to_thread(travel)
    assert all(other == first for other in others)
    assert await dump_of(end) == await dump_of(origin)


@pytest.mark.parametrize("empty_url", ["sqlite", "postgresql"], indirect=True)
async def test_rows_of_an_older_release_are_migrated(tmp_path: Path, migrated_file: Path, empty_url: str) -> None:
    old = f"sqlite:///{tmp_path / 'old.db'}"
    shutil.copyfile(migrated_file, tmp_path / "old.db")
    database = SqliteDatabase(old, FixedClock())
    await database.open()
    workshop = Workshop(database)
    version = await workshop.version((await workshop.model()).name, await workshop.blob(b"bytes"))
    await workshop.alias(version, "champion")
    await database.close()
    migrate.downgrade(old, "0005")
    with SqlRowSource(old).snapshot() as snapshot:
        assert snapshot.revision == "0005"
    await asyncio.to_thread(move, SqlRowSource(old), empty_url)
    assert migrate.current(empty_url) == migrate.head()
    moved = sums(SqlRowSource(empty_url))
    with SqlRowSource(old).snapshot() as snapshot:
        assert SqlRowTarget(empty_url).filled_with(snapshot) == moved
        with migrate.connected(empty_url) as connection, migrate.changing(connection):
            connection.execute(text("UPDATE models SET description = 'of another hand'"))
        assert SqlRowTarget(empty_url).filled_with(snapshot) is None
    migrate.upgrade(old)
    assert sums(SqlRowSource(old)) == moved


@pytest.mark.parametrize("empty_url", ["sqlite", "postgresql"], indirect=True)
def test_a_claim_holds_until_the_database_is_filled(empty_url: str, sqlite_url: str) -> None:
    target = SqlRowTarget(empty_url)
    for _ in range(2):
        target.claim()
    with pytest.raises(DatabaseUnavailable, match="has not ended"):
        migrate.upgrade(empty_url)
    with SqlRowSource(sqlite_url).snapshot() as snapshot:
        target.fill(snapshot)
        with pytest.raises(DatabaseUnavailable, match="somebody else"):
            target.fill(snapshot)
    migrate.upgrade(empty_url)


@pytest.mark.parametrize("empty_url", ["sqlite", "postgresql"], indirect=True)
def test_rows_that_break_a_rule_leave_the_database_as_it_was(empty_url: str, sqlite_url: str) -> None:
    """Here a file of a version that does not exist."""
    engine = create_engine(f"{sqlite_url}")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO version_files VALUES (77, 'path', 77, 'text/plain')"))
    engine.dispose()
    target = SqlRowTarget(empty_url)
    target.claim()
    with (
        SqlRowSource(sqlite_url).snapshot() as snapshot,
        pytest.raises(Exception, match=r"refer to nothing|foreign key"),
    ):
        target.fill(snapshot)
    assert migrate.current(empty_url) == migrate.FILLING


def test_an_archive_is_one_file_and_reading_it_writes_nothing(tmp_path: Path, sqlite_url: str) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    url = f"sqlite:///{archive / 'registry.db'}"
    move(SqlRowSource(sqlite_url), url)
    make_portable(url)
    before = (archive / "registry.db").read_bytes()
    assert sums(ArchivedRows(archive / "registry.db")) == sums(SqlRowSource(sqlite_url))
    assert [path.name for path in archive.iterdir()] == ["registry.db"]
    assert (archive / "registry.db").read_bytes() == before


async def test_a_snapshot_sees_nothing_of_what_comes_later(database: Database, request: pytest.FixtureRequest) -> None:
    is_sqlite = request.node.callspec.params["connect"] == "sqlite"
    url = request.getfixturevalue("sqlite_url" if is_sqlite else "postgresql_url")
    workshop = Workshop(database)
    await workshop.model()
    with SqlRowSource(url).snapshot() as snapshot:
        before = sums_of(snapshot)
        await workshop.model()
        assert sums_of(snapshot) == before
    assert sums(SqlRowSource(url))["models"].count == before["models"].count + 1
