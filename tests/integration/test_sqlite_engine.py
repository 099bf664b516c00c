import asyncio
import threading
from pathlib import Path
from typing import Any, cast

import pysqlite3.dbapi2 as driver
import pytest

from modelyard.application.ports.database import Transaction
from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database.engines import OLDEST_SAFE, create_database_engine
from modelyard.infrastructure.database.sqlite import SCANNERS, SqliteDatabase
from modelyard.infrastructure.database.transaction import SqlTransaction
from tests.fakes.clock import FixedClock

PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "mmap_size", "query_only")


GARBAGE = b"this is no database at all" * 1_000


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def pragmas(tx: Transaction) -> dict[str, object]:
    connection = cast("SqlTransaction", tx).connection
    return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS}


async def test_every_connection_is_set_for_durability(sqlite_url: str) -> None:
    database = SqliteDatabase(sqlite_url, FixedClock(), busy_timeout_ms=1_234)
    await database.open()
    together = threading.Barrier(SCANNERS)

    def scan(tx: Transaction) -> dict[str, object]:
        together.wait(30)
        return pragmas(tx)

    found = [await database.read(pragmas), *await asyncio.gather(*(database.scan(scan) for _ in range(SCANNERS)))]
    writer = await database.write(pragmas)
    await database.close()

    # FULL is 2; memory-mapped reading would turn an I/O error into the end of the process.
    durable = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 1_234, "mmap_size": 0}
    assert found == [{**durable, "query_only": 1}] * (1 + SCANNERS)
    # The writer asks for a lock again and again: waiting inside of SQLite would hold up the event loop.
    assert writer == {**durable, "query_only": 0, "busy_timeout": 0}


def test_this_sqlite_is_safe_in_wal_mode() -> None:
    assert driver.sqlite_version_info >= OLDEST_SAFE >= (3, 51, 3)


def test_an_older_sqlite_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(driver, "sqlite_version_info", (3, 51, 2))

    with pytest.raises(DatabaseUnavailable, match="corrupt"):
        create_database_engine(f"sqlite:///{tmp_path / 'registry.db'}")


@pytest.mark.parametrize("url", ["postgresql://user:secret@host/db", "sqlite+aiosqlite:///a.db", "", "a.db"])
def test_another_database_is_refused_without_telling_its_address(url: str) -> None:
    with pytest.raises(DatabaseUnavailable) as refusal:
        create_database_engine(url)

    assert "secret" not in refusal.value.message


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
async def test_a_database_that_cannot_keep_a_log_is_refused(url: str) -> None:
    database = SqliteDatabase(url, FixedClock())

    with pytest.raises(DatabaseUnavailable, match="local disk"):
        await database.open()
    await database.close()


async def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    database = SqliteDatabase(f"sqlite:///{tmp_path / 'nowhere' / 'registry.db'}", FixedClock())

    with pytest.raises(DatabaseUnavailable):
        await database.open()
    await database.close()


async def test_a_file_that_is_no_database_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path / "registry.db", GARBAGE)
    database = SqliteDatabase(f"sqlite:///{path}", FixedClock())

    with pytest.raises(DatabaseUnavailable):
        await database.open()
    await database.close()
    assert content(path) == GARBAGE


async def test_an_empty_file_becomes_a_registry(tmp_path: Path) -> None:
    path = written(tmp_path / "with space é.db", b"")
    database = SqliteDatabase(f"sqlite:///{path}", FixedClock())

    await database.open()
    await database.check()
    await database.close()

    assert content(path).startswith(b"SQLite format 3")
    assert not content(path.with_name(f"{path.name}-wal"))


async def test_a_damaged_database_is_reported_and_not_disguised_as_empty(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    written(path, content(path)[:4096].ljust(len(content(path)), b"\xff"))
    database = SqliteDatabase(sqlite_url, FixedClock())

    with pytest.raises(DatabaseUnavailable):
        await database.open()
    await database.close()


async def test_a_key_is_never_given_again(sqlite_url: str) -> None:
    database = SqliteDatabase(sqlite_url, FixedClock())
    await database.open()

    def sequence_tables(tx: Transaction) -> set[Any]:
        connection = cast("SqlTransaction", tx).connection
        found = connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%'")
        return set(found.scalars())

    assert await database.read(sequence_tables) == {
        "models", "blobs", "versions", "events", "policies", "approval_requests", "webhooks", "webhook_deliveries",
        "accounts", "groups", "grants", "tokens", "workload_identities",
    }  # fmt: skip
    await database.close()
