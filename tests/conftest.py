"""Fixtures that every test may ask for."""

import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from modelyard.application.ports.clock import Clock
from modelyard.application.ports.database import Database
from modelyard.infrastructure.database import migrate
from modelyard.infrastructure.database.postgresql import PostgresqlDatabase
from modelyard.infrastructure.database.sqlite import SqliteDatabase
from tests.factories import Workshop
from tests.fakes.clock import FixedClock
from tests.postgresql_server import Databases, NoServer, name_of, serving
from tests.servers.cluster import cluster, running_cluster
from tests.servers.redis import redis_server
from tests.servers.seaweedfs import s3_bucket, s3_server

__all__ = ["cluster", "redis_server", "running_cluster", "s3_bucket", "s3_server"]

# How fast an example runs says nothing on a busy machine. Examples share their test's database: they make models of
# their own, and what others have left there is a registry as any.
SHARED_AND_SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
settings.register_profile("registry", deadline=None, suppress_health_check=SHARED_AND_SLOW)
settings.load_profile("registry")


def pytest_xdist_auto_num_workers() -> int | None:
    """One more than there are cores: tests wait for servers and disks, too. By its own variable xdist takes others."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return (os.cpu_count() or 1) + 1


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty registry in SQLite: tests copy it, because migrating takes longer than most of them."""
    path = tmp_path_factory.mktemp("template") / "registry.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_file: Path) -> str:
    """The address of an empty registry of this test's own."""
    path = tmp_path / "registry.db"
    shutil.copyfile(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Databases]:
    """A PostgreSQL of this test process."""
    try:
        with serving() as databases:
            yield databases
    except NoServer as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def migrated_template(postgresql: Databases) -> Iterator[str]:
    """The name of a database with an empty registry, which tests copy."""
    with postgresql.database() as url:
        migrate.upgrade(url)
        yield name_of(url)


@pytest.fixture
def postgresql_url(postgresql: Databases, migrated_template: str) -> Iterator[str]:
    """The address of an empty registry of this test's own."""
    with postgresql.database(migrated_template) as url:
        yield url


def _sqlite(request: pytest.FixtureRequest, clock: Clock) -> Database:
    return SqliteDatabase(request.getfixturevalue("sqlite_url"), clock, busy_timeout_ms=500)


def _postgresql(request: pytest.FixtureRequest, clock: Clock) -> Database:
    return PostgresqlDatabase(request.getfixturevalue("postgresql_url"), clock)


DATABASES: dict[str, Callable[[pytest.FixtureRequest, Clock], Database]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
}
"""Every database that the registry runs on; all tests that ask for `database` run on each."""


@pytest.fixture(params=DATABASES)
def connect(request: pytest.FixtureRequest, clock: FixedClock) -> Callable[[], Database]:
    """Gives databases over one and the same registry; the test opens and closes them."""
    return lambda: DATABASES[request.param](request, clock)


@pytest.fixture
async def database(connect: Callable[[], Database]) -> AsyncIterator[Database]:
    """An open database with an empty registry."""
    opened = connect()
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def workshop(database: Database) -> Workshop:
    """Makes what a test needs to be there."""
    return Workshop(database)
