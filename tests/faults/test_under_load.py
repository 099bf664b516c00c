"""Pushers, deleters, readers and a collector at once, on the real store and in real time."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from modelyard.application.ports.database import Database
from modelyard.application.ports.versions import StoredFile
from modelyard.application.queries.files import list_files
from modelyard.application.services import catalog, publishing
from modelyard.application.services.collection import Collection
from modelyard.application.services.transfer import Transfer, TransferLimits
from modelyard.application.services.verification import Scope, Verification
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import BlobLost, BlobsMissing, StorageUnavailable, UploadNotFound, VersionNotFound
from modelyard.domain.model_version import File
from modelyard.domain.reference import ByNumber
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore
from modelyard.infrastructure.clock import SystemClock
from tests.conftest import DATABASES
from tests.factories import ADA, model_draft, version_draft
from tests.faults.conftest import Tell

SECONDS = float(os.environ.get("FAULT_SECONDS", "3"))
"""How long the load lasts; `make test-faults` says more."""

PUSHERS = 10
DELETERS = 6
"""As many as it takes to keep up: else everything is referred to, and nothing is ever collected."""

MODEL = "churn"
LIMITS = TransferLimits(
    upload_bytes=2**20,
    upload_ttl=timedelta(seconds=2),
    blob_lease=timedelta(milliseconds=100),
    record_within=timedelta(seconds=1),
)
ORPHAN_AGE = timedelta(seconds=2)
POOL = [f"content {number} ".encode() * (1 + 500 * (number % 7)) for number in range(60)]
"""Few, so that what is being deleted is often uploaded again at that moment."""


class SkippingClock(SystemClock):
    """Real time, which can be moved on."""

    def __init__(self) -> None:
        self.skipped = timedelta()

    def now(self) -> datetime:
        return super().now() + self.skipped


class Load:
    def __init__(self, database: Database, store: FilesystemBlobStore) -> None:
        self.database = database
        self.store = store
        self.transfer = Transfer(database, store, LIMITS)
        self.collection = Collection(database, store, orphan_age=ORPHAN_AGE)
        self.kept: dict[int, Sequence[bytes]] = {}
        self.registered = self.deleted = self.cycles = self.freed = self.reads = 0
        self.random = random.Random(2026)
        self.ends_at = asyncio.get_running_loop().time() + SECONDS

    @property
    def is_on(self) -> bool:
        return asyncio.get_running_loop().time() < self.ends_at

    async def run(self) -> None:
        """All of it at once, until the time is over."""
        await asyncio.gather(
            *(self.push() for _ in range(PUSHERS)),
            *(self.delete() for _ in range(DELETERS)),
            *(self.read(), self.read(), self.collect()),
        )

    async def push(self) -> None:
        """Upload what is missing, register, and read back; a refusal is the signal to upload again."""
        while self.is_on:
            contents = self.random.sample(POOL, 2)
            files = [
                File(path=f"{place}", digest=digest_of(one), size_bytes=len(one)) for place, one in enumerate(contents)
            ]
            missing = await self.transfer.missing([file.digest for file in files])
            for content in contents:
                if digest_of(content) in missing or self.random.random() < 0.1:
                    await self._upload(content)
            try:
                version = await self.database.write(publishing.register_version, ADA, MODEL, version_draft(*files))
            except BlobsMissing:
                continue
            await self.require(version.number, contents)
            self.kept[version.number] = contents
            self.registered += 1

    async def _upload(self, content: bytes) -> None:
        try:
            if self.random.random() < 0.5:
                await self.transfer.receive(ADA, _sent(content))
                return
            upload = await self.database.write(self.transfer.begin, ADA, len(content), None)
            await self.transfer.append(upload.id, 0, _sent(content))
            if self.random.random() < 0.7:  # else it is left, and expires
                await self.transfer.finish(ADA, upload.id, None)
        except (BlobLost, UploadNotFound):
            return  # the machine stood still so long that the collector took it for left
        except StorageUnavailable as error:
            if "too long" not in error.message:
                raise

    async def delete(self) -> None:
        while self.is_on:
            await asyncio.sleep(0)
            if len(self.kept) > 20:
                number = self.random.choice(list(self.kept))
                del self.kept[number]
                await self.database.write(publishing.delete_version, ADA, MODEL, ByNumber(number), None, is_forced=True)
                self.deleted += 1
            else:
                await asyncio.sleep(0.005)  # there is nothing to wait for but others' work

    async def collect(self) -> None:
        while self.is_on:
            report = await self.collection.run()
            assert report is not None
            self.freed += report.blobs.count
            self.cycles += 1
            await asyncio.sleep(0.02)  # as a schedule would

    async def read(self) -> None:
        while self.is_on:
            await asyncio.sleep(0)
            if self.kept:
                number = self.random.choice(list(self.kept))
                contents = self.kept[number]
                try:
                    await self.require(number, contents)
                    self.reads += 1
                except (BlobLost, VersionNotFound):
                    assert number not in self.kept, "a version that nobody deleted lost a file"

    def figures(self) -> str:
        return (
            f"{SECONDS:.0f} s, {PUSHERS} pushers: {self.registered} versions registered, {self.deleted} deleted, "
            f"{self.reads} read back meanwhile, {self.cycles} cycles freed {self.freed} files; 0 lost, 0 left over"
        )

    async def require(self, number: int, contents: Sequence[bytes]) -> None:
        _, files = await self.database.scan(list_files, MODEL, ByNumber(number))
        assert [await self._content_of(stored) for stored in files] == list(contents)

    async def _content_of(self, stored: StoredFile) -> bytes:
        async with aclosing(self.store.read(stored.key, 0, stored.file.size_bytes)) as pieces:
            return b"".join([piece async for piece in pieces])


@pytest.mark.parametrize("kind", DATABASES)
async def test_under_load_nothing_live_is_lost_and_nothing_dead_is_left(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, tell: Tell
) -> None:
    clock = SkippingClock()
    database = DATABASES[kind](request, clock)
    store = FilesystemBlobStore(tmp_path / "blobs")
    await database.open()
    await store.open()
    await database.write(catalog.create_model, ADA, model_draft(name=MODEL))
    load = Load(database, store)
    await load.run()

    assert load.freed > 0
    for number, contents in load.kept.items():
        await load.require(number, contents)
    for _ in range(2):
        clock.skipped += timedelta(days=1)
        assert await load.collection.run() is not None
    report = await Verification(database, store).run(Scope(has_events=True))
    assert (report.findings, report.unknown) == ([], [])
    expected = {digest_of(content) for contents in load.kept.values() for content in contents}
    assert sorted([key.digest async for key, _ in store.stored()]) == sorted(expected)
    # The disk's clock did not skip: bytes of uploads that broke off a moment ago still have their time.
    assert (await load.collection.survey()).size_bytes == 0
    tell(load.figures())
    await store.close()
    await database.close()


async def _sent(content: bytes) -> AsyncIterator[bytes]:
    yield content
