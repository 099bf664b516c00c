"""A registry whose uploaders, registrations and collectors go forward one call at a time, in any order."""

from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select

from modelyard.application.ports.blob_store import BlobKey, BlobStore
from modelyard.application.ports.blobs import BlobState
from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.versions import StoredFile
from modelyard.application.queries.files import list_files
from modelyard.application.services import catalog, publishing
from modelyard.application.services.batch_transfer import BatchTransfer, SmallFile
from modelyard.application.services.collection import Collection
from modelyard.application.services.transfer import Transfer, TransferLimits
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import BlobLost, BlobsMissing, StorageUnavailable, UploadBusy, UploadNotFound
from modelyard.domain.model_version import File
from modelyard.domain.reference import ByNumber
from modelyard.infrastructure.database.tables import blobs, version_files
from modelyard.infrastructure.database.transaction import SqlTransaction
from tests.factories import ADA, dump_of, model_draft, version_draft
from tests.fakes.clock import FixedClock
from tests.faults.gates import Actor, GatedBlobStore, GatedDatabase

MODEL = "churn"
CONTENTS = [f"content {number}".encode() for number in range(4)]
DAY = timedelta(days=1)
LIMITS = TransferLimits(upload_bytes=100, upload_ttl=timedelta(hours=3), blob_lease=timedelta(hours=2))
MAY_FAIL = (BlobLost, StorageUnavailable, UploadBusy, UploadNotFound)
"""What an upload that stood still too long may be told; it is never told that it went well."""


class Scene:
    """What there is, and what was promised.

    A registered version keeps its files until it is deleted; content that was stored, or said to be there, is live
    until its lease ends, unless it was quarantined.
    """

    def __init__(self, database: Database, store: BlobStore, clock: FixedClock) -> None:
        self.clock = clock
        self.actors: list[Actor] = []
        self.registered: dict[int, Sequence[bytes]] = {}
        self.leased: dict[bytes, datetime] = {}
        self.quarantined: set[bytes] = set()
        self._database = database
        self._store = store
        self._written_at: dict[str, float] = {}

    async def set_up(self) -> None:
        await self._database.write(catalog.create_model, ADA, model_draft(name=MODEL))

    async def clear(self) -> None:
        """Forget those that still run, as if their process had been killed."""
        while self.actors:
            await self.crash(0)

    def _gated(self, actor: Actor) -> tuple[GatedDatabase, GatedBlobStore]:
        return GatedDatabase(self._database, actor, self.clock), GatedBlobStore(
            self._store, actor, self.clock, self._written_at
        )

    async def push(self, content: bytes, *, is_in_parts: bool = False, is_free: bool = False) -> None:
        actor = Actor(is_free=is_free)
        database, store = self._gated(actor)
        transfer = Transfer(database, store, LIMITS)

        async def act() -> None:
            try:
                if is_in_parts:
                    upload = await database.write(transfer.begin, ADA, len(content), None)
                    await transfer.append(upload.id, 0, _sent(content))
                    await transfer.finish(ADA, upload.id, None)
                else:
                    await transfer.receive(ADA, _sent(content))
            except MAY_FAIL:
                return
            if not is_in_parts:
                self._lease(content, actor.wrote_at)

        await self._begin(actor, act())

    async def push_together(self, contents: Sequence[bytes]) -> None:
        actor = Actor()
        database, store = self._gated(actor)

        async def files() -> AsyncIterator[SmallFile]:
            for content in contents:
                yield SmallFile(digest=digest_of(content), content=content)

        async def act() -> None:
            try:
                await BatchTransfer(database, store, LIMITS).receive(ADA, files())
            except MAY_FAIL:
                return
            for content in contents:
                self._lease(content, actor.wrote_at)

        await self._begin(actor, act())

    async def register(self, contents: Sequence[bytes], *, is_asking: bool, is_free: bool) -> None:
        """A registration, perhaps after the question what is missing; both may find that it was collected meanwhile."""
        actor = Actor(is_free=is_free)
        database, store = self._gated(actor)
        files = [
            File(path=f"{place}.bin", digest=digest_of(content), size_bytes=len(content))
            for place, content in enumerate(contents)
        ]

        async def act() -> None:
            if is_asking:
                missing = await Transfer(database, store, LIMITS).missing([file.digest for file in files])
                for content, file in zip(contents, files, strict=True):
                    if file.digest not in missing:
                        self._lease(content, actor.wrote_at)
            try:
                version = await database.write(publishing.register_version, ADA, MODEL, version_draft(*files))
            except BlobsMissing:
                return
            self.registered[version.number] = contents

        await self._begin(actor, act())

    async def collect(self, *, is_free: bool = False) -> None:
        actor = Actor(is_free=is_free)
        database, store = self._gated(actor)
        collection = Collection(database, store, orphan_age=DAY)

        async def act() -> None:
            await collection.run()

        await self._begin(actor, act())

    async def step(self, place: int) -> None:
        if not await self.actors[place].step():
            del self.actors[place]

    async def crash(self, place: int) -> None:
        await self.actors.pop(place).crash()

    async def delete(self, number: int) -> None:
        await self._database.write(publishing.delete_version, ADA, MODEL, ByNumber(number), None, is_forced=True)
        del self.registered[number]

    def _lease(self, content: bytes, since: datetime) -> None:
        if content not in self.quarantined:
            self.leased[content] = max(since + LIMITS.blob_lease, self.leased.get(content, since))

    async def quarantine(self, content: bytes) -> None:
        """As if its file had been found damaged; the bytes themselves stay right."""
        self.quarantined.add(content)
        self.leased.pop(content, None)

        def act(tx: Transaction) -> None:
            for blob in tx.blobs.live([digest_of(content)]).values():
                tx.blobs.quarantine(blob.id)

        await self._database.write(act)

    async def require_promises(self) -> None:
        """Each file of each version is there byte for byte, in the live blob of its digest, if there is one."""
        live = await self._database.sweep(lambda tx: tx.blobs.live([digest_of(content) for content in CONTENTS]))
        for number, contents in self.registered.items():
            _, files = await self._database.scan(list_files, MODEL, ByNumber(number))
            assert [await self._content_of(stored) for stored in files] == list(contents), number
            for stored in files:
                assert stored.key == getattr(live.get(stored.file.digest), "key", stored.key), number
                assert stored.state is not BlobState.DELETING, number
        for content, until in self.leased.items():
            blob = live.get(digest_of(content))
            assert blob is not None or until <= self.clock.now(), content
        for blob in live.values():
            file = File(path="", digest=blob.key.digest, size_bytes=blob.size_bytes)
            assert digest_of(await self._content_of(StoredFile(file=file, key=blob.key))) == blob.key.digest

    async def finish(self) -> None:
        """All that runs comes to its end, one after the other."""
        while self.actors:
            await self.step(0)

    async def come_to_rest(self) -> None:
        """All that runs comes to its end; then two cycles, each after everything has expired."""
        await self.finish()
        for _ in range(2):
            self.clock.advance(days=1)
            await self.collect(is_free=True)

    async def require_nothing_dead(self) -> None:
        stored = {key async for key, _ in self._store.stored()}
        assert stored == await self._database.scan(_referenced)
        assert [token async for token, _ in self._store.staged()] == []
        left = await self._database.scan(dump_of)
        assert (left["uploads"], left["orphans"], len(left["blobs"])) == ([], [], len(stored))

    async def _content_of(self, stored: StoredFile) -> bytes:
        async with aclosing(self._store.read(stored.key, 0, stored.file.size_bytes)) as pieces:
            return b"".join([piece async for piece in pieces])

    async def _begin(self, actor: Actor, activity: Coroutine[None, None, None]) -> None:
        if await actor.begin(activity):
            self.actors.append(actor)


def _referenced(tx: Transaction) -> set[BlobKey]:
    statement = select(blobs.c.digest, blobs.c.generation).join(version_files, version_files.c.blob_id == blobs.c.id)
    rows = cast("SqlTransaction", tx).connection.execute(statement)
    return {BlobKey(digest=digest, generation=generation) for digest, generation in rows}


async def _sent(content: bytes) -> AsyncIterator[bytes]:
    yield content
