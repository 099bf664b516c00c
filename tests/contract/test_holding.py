"""A backup keeps the collector from its files, on either database and from another process."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.database import Database, Transaction
from modelyard.application.services import publishing
from modelyard.application.services.backup import Backup
from modelyard.application.services.collection import Collection
from modelyard.application.services.holding import collector_held_off
from modelyard.bootstrap.commands.registry import opened_store
from modelyard.domain.model_version import File, ModelVersion
from modelyard.domain.reference import ByNumber
from modelyard.infrastructure.backups.folder import BackupFolder
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore
from modelyard.infrastructure.database.row_snapshot import SqlRowSource
from tests.contract.blob_stores import published
from tests.factories import ADA, Workshop
from tests.fakes.clock import FixedClock

DAY = timedelta(days=1)
CONTENTS = [b"content %d" % number for number in range(20)]


class DeletingBlobStore(InMemoryBlobStore):
    """When the first file is read, something else is done before."""

    def __init__(self) -> None:
        super().__init__()
        self.at_first_read: Callable[[], Awaitable[None]] | None = None

    async def read(self, key: BlobKey, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        step, self.at_first_read = self.at_first_read, None
        if step is not None:
            await step()
        async for piece in super().read(key, start, stop):
            yield piece


@pytest.fixture
def rows(request: pytest.FixtureRequest) -> SqlRowSource:
    is_sqlite = request.node.callspec.params["connect"] == "sqlite"
    return SqlRowSource(request.getfixturevalue("sqlite_url" if is_sqlite else "postgresql_url"))


def record(tx: Transaction, key: BlobKey, size_bytes: int) -> None:
    tx.blobs.add(key, size_bytes, by=ADA.name, at=tx.now, lease_until=tx.now + timedelta(hours=1))


async def registered(database: Database, store: InMemoryBlobStore) -> ModelVersion:
    workshop = Workshop(database)
    files = []
    for number, content in enumerate(CONTENTS):
        key = await published(store, content)
        await database.write(record, key, len(content))
        files.append(File(path=f"{number}.bin", digest=key.digest, size_bytes=len(content)))
    return await workshop.version((await workshop.model()).name, *files)


@pytest.fixture
async def commanded(connect: Callable[[], Database]) -> AsyncIterator[Database]:
    """The database as another process has it."""
    opened = connect()
    await opened.open()
    yield opened
    await opened.close()


async def test_what_is_deleted_during_a_backup_is_in_it(
    database: Database, commanded: Database, rows: SqlRowSource, clock: FixedClock, tmp_path: Path
) -> None:
    store = DeletingBlobStore()
    await store.open()
    version = await registered(database, store)
    collection = Collection(database, store, orphan_age=DAY)
    meanwhile = []

    async def delete_and_collect() -> None:
        number = ByNumber(version.number)
        await database.write(publishing.delete_version, ADA, version.model, number, None, is_forced=True)
        clock.advance(days=1)
        meanwhile.append(await collection.run())

    store.at_first_read = delete_and_collect
    backups = BackupFolder(tmp_path / "backups")
    async with opened_store(backups.files):
        made = await Backup(commanded, rows, store, backups, lambda _: None).run()

    assert meanwhile == [None]
    assert (made.manifest.damaged, made.carried.sent_count) == ((), len(CONTENTS))
    collected = await collection.run()
    assert collected is not None
    assert collected.blobs.count == len(CONTENTS)


async def test_a_cycle_under_way_is_waited_for(commanded: Database, database: Database) -> None:
    held = asyncio.Event()

    async def hold() -> None:
        async with collector_held_off(commanded):
            held.set()

    async with database.leading("collection") as is_leading:
        assert is_leading
        holding = asyncio.create_task(hold())
        for _ in range(20):
            await asyncio.sleep(0)
        assert not held.is_set()
    await asyncio.wait_for(held.wait(), 30)
    await holding
