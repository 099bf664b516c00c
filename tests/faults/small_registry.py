"""A small registry on SQLite and a folder, and what can be done with it, one activity at a time."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.queries.files import list_files
from modelyard.application.services import catalog, publishing
from modelyard.application.services.batch_transfer import BatchTransfer, SmallFile
from modelyard.application.services.collection import Collection
from modelyard.application.services.transfer import Transfer, TransferLimits
from modelyard.application.services.verification import Scope, Verification
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import UploadNotFound, VersionNotFound
from modelyard.domain.model_version import File
from modelyard.domain.reference import ByNumber
from modelyard.domain.registered_model import ModelPatch
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore
from modelyard.infrastructure.database.sqlite import SqliteDatabase
from modelyard.infrastructure.database.tables import uploads
from tests.factories import ADA, dump_of, model_draft, version_draft
from tests.fakes.clock import START, FixedClock

MODEL = "churn"
DAY = timedelta(days=1)
LIMITS = TransferLimits(upload_bytes=2**23, upload_ttl=timedelta(hours=40), blob_lease=timedelta(hours=20))
OLD, GONE, FREE, SENT, NEW, DOOMED = (
    f"{name} ".encode() * 500_000 for name in ("old", "gone", "free", "sent", "new", "doomed")
)
MANY = tuple(f"many {number}".encode() for number in range(20))
KEPT, DELETED = 1, 2
"""Version 1 stays whatever happens; version 2 is there to be deleted."""


@dataclass(slots=True)
class SmallRegistry:
    database: SqliteDatabase
    store: FilesystemBlobStore
    clock: FixedClock
    folder: Path

    @property
    def transfer(self) -> Transfer:
        return Transfer(self.database, self.store, LIMITS)

    @property
    def collection(self) -> Collection:
        return Collection(self.database, self.store, orphan_age=DAY)

    async def contents(self, number: int) -> list[bytes] | None:
        """What a version's files hold; nothing where there is no such version."""
        try:
            _, files = await self.database.scan(list_files, MODEL, ByNumber(number))
        except VersionNotFound:
            return None
        return [b"".join([piece async for piece in self.store.read(one.key, 0, one.file.size_bytes)]) for one in files]

    async def is_live(self, content: bytes) -> bool:
        return bool(await self.database.sweep(lambda tx: tx.blobs.live([digest_of(content)])))

    async def upload_id(self) -> str | None:
        found: list[str] = [row[0] for row in (await self.database.scan(dump_of))[uploads.name]]
        return found[0] if found else None


@asynccontextmanager
async def opened(folder: Path, moment: datetime) -> AsyncIterator[SmallRegistry]:
    clock = FixedClock(moment)
    database = SqliteDatabase(f"sqlite:///{folder / 'registry.db'}", clock)
    store = FilesystemBlobStore(folder / "blobs")
    await database.open()
    await store.open()
    try:
        yield SmallRegistry(database, store, clock, folder)
    finally:
        await database.close()
        await store.close()


async def _sent(*contents: bytes) -> AsyncIterator[bytes]:
    for content in contents:
        yield content


def _file(content: bytes) -> File:
    return File(path="weights.bin", digest=digest_of(content), size_bytes=len(content))


async def prepare(folder: Path) -> None:
    """Two versions, a file without one, an upload that only has to be ended, and what a collector takes next day."""
    async with opened(folder, START) as registry:
        await registry.database.write(catalog.create_model, ADA, model_draft(name=MODEL))
        for content in (OLD, GONE, FREE):
            await registry.transfer.receive(ADA, _sent(content))
        for content in (OLD, GONE):
            await registry.database.write(publishing.register_version, ADA, MODEL, version_draft(_file(content)))
        upload = await registry.database.write(registry.transfer.begin, ADA, len(SENT), None)
        await registry.transfer.append(upload.id, 0, _sent(SENT))
        for generation in ("0123456789abcdef", "fedcba9876543210"):
            staged = await registry.store.stage(_sent(DOOMED), limit_bytes=len(DOOMED))
            await registry.store.publish(staged, BlobKey(digest=staged.digest, generation=generation))
        await registry.collection.run()  # sees the two files above, which no row names
        left = await registry.store.stage(_sent(b"left"), limit_bytes=4)
        os.utime(folder / "blobs" / "staging" / left.token, (0, 0))


async def upload(registry: SmallRegistry) -> None:
    await registry.transfer.receive(ADA, _sent(NEW[: 2**20], NEW[2**20 :]), digest_of(NEW))


async def upload_in_parts(registry: SmallRegistry) -> None:
    begun = await registry.database.write(registry.transfer.begin, ADA, len(NEW), digest_of(NEW))
    await registry.transfer.append(begun.id, 0, _sent(NEW[: 2**20]))
    await registry.transfer.append(begun.id, 2**20, _sent(NEW[2**20 :]))
    await registry.transfer.finish(ADA, begun.id, None)


async def upload_many(registry: SmallRegistry) -> None:
    """More than are synced one by one, one of which is there already."""

    async def files() -> AsyncIterator[SmallFile]:
        for content in (*MANY, FREE, NEW):
            yield SmallFile(digest=digest_of(content), content=content)

    await BatchTransfer(registry.database, registry.store, LIMITS).receive(ADA, files())


async def end_upload(registry: SmallRegistry) -> None:
    """It may be over: then its file is there, or its bytes were dropped and have to be sent again."""
    if (found := await registry.upload_id()) is not None:
        with suppress(UploadNotFound):
            await registry.transfer.finish(ADA, found, digest_of(SENT))
            return
    if not await registry.is_live(SENT):
        await registry.transfer.receive(ADA, _sent(SENT))


async def register(registry: SmallRegistry) -> None:
    await registry.database.write(publishing.register_version, ADA, MODEL, version_draft(_file(FREE)))


async def delete(registry: SmallRegistry) -> None:
    with suppress(VersionNotFound):
        await registry.database.write(publishing.delete_version, ADA, MODEL, ByNumber(DELETED), None, is_forced=False)


async def collect(registry: SmallRegistry) -> None:
    """After everything has expired that nothing refers to."""
    registry.clock.moment = max(registry.clock.moment, START + 2 * DAY)
    await registry.collection.run()


async def close(registry: SmallRegistry) -> None:
    """The database takes its log into its file when it is closed."""
    await registry.database.write(catalog.update_model, ADA, MODEL, ModelPatch(description="closing"), None)
    await registry.database.close()


ACTIVITIES: dict[str, Callable[[SmallRegistry], Awaitable[None]]] = {
    activity.__name__: activity
    for activity in (upload, upload_in_parts, upload_many, end_upload, register, delete, collect, close)
}


async def require_promises(registry: SmallRegistry, activity: str, *, is_acknowledged: bool) -> None:
    """What was there stays; what was acknowledged is there whole; what was not is either whole or not there at all."""
    report = await Verification(registry.database, registry.store).run(Scope(has_events=True))
    assert report.findings == []
    assert await registry.contents(KEPT) == [OLD]
    expected: dict[int, list[bytes] | None] = {DELETED: [GONE], DELETED + 1: None}
    changes: dict[str, dict[int, list[bytes] | None]] = {"delete": {DELETED: None}, "register": {DELETED + 1: [FREE]}}
    done = expected | changes.get(activity, {})
    seen = {number: await registry.contents(number) for number in expected}
    assert seen == done if is_acknowledged else seen in (expected, done)
    if is_acknowledged and activity in {"upload", "upload_in_parts", "upload_many", "end_upload"}:
        content = SENT if activity == "end_upload" else NEW
        assert await registry.is_live(content)
    if is_acknowledged and activity == "upload_many":
        assert all([await registry.is_live(content) for content in MANY])


async def come_to_rest(registry: SmallRegistry) -> None:
    """Two cycles, each after everything has expired: then there is nothing but what versions refer to."""
    for _ in range(2):
        registry.clock.advance(days=3)
        for file in (registry.folder / "blobs" / "staging").iterdir():
            os.utime(file, (0, 0))
        await registry.collection.run()
    left = await registry.database.scan(dump_of)
    stored = [key async for key, _ in registry.store.stored()]
    assert (left["uploads"], left["orphans"]) == ([], [])
    assert [token async for token, _ in registry.store.staged()] == []
    assert len(left["blobs"]) == len(stored) == len({row[2] for row in left["version_files"]})
    assert await registry.contents(KEPT) == [OLD]
