from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import pytest

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import BlobUse
from modelyard.application.ports.database import Database
from modelyard.application.services.collection import Collection
from modelyard.application.services.transfer import Transfer
from modelyard.application.services.verification import Fault, Finding, Scope, Verification, VerificationReport
from modelyard.domain.errors import StorageUnavailable
from modelyard.domain.model_version import File
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore
from tests.factories import Workshop
from tests.fakes.clock import FixedClock
from tests.unit.application.collecting import publish_orphan, push

CONTENT = b"the weights of a model"
QUARANTINING = Scope(is_quarantining=True)


class FailingStore(InMemoryBlobStore):
    """A store whose files a test can change behind its back."""

    def __init__(self) -> None:
        super().__init__()
        self.has_bad_sectors = False

    async def read(self, key: BlobKey, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        if self.has_bad_sectors:
            raise StorageUnavailable("the file store failed (EIO)")
        async for piece in super().read(key, start, stop):
            yield piece

    async def key_of(self, file: File) -> BlobKey:
        [key] = [key async for key, _ in self.stored() if key.digest == file.digest]
        return key

    async def damage(self, file: File, content: bytes | None) -> BlobKey:
        key = await self.key_of(file)
        if content is None:
            await self.delete(key)
        else:
            self._blobs[key] = content
        return key


@pytest.fixture
def store() -> FailingStore:
    return FailingStore()


@pytest.fixture
def verification(database: Database, store: FailingStore) -> Verification:
    return Verification(database, store)


@pytest.fixture
async def file(workshop: Workshop, transfer: Transfer) -> File:
    """A file that two versions hold."""
    [file] = await push(transfer, CONTENT)
    file = replace(file, path="model.bin")
    await workshop.model("churn")
    await workshop.version("churn", file, replace(file, path="copy.bin"))
    await workshop.version("churn", file)
    return file


USES = (
    BlobUse(model="churn", version=1, path="copy.bin"),
    BlobUse(model="churn", version=1, path="model.bin"),
    BlobUse(model="churn", version=2, path="model.bin"),
)


class Damage(NamedTuple):
    """What becomes of a file, and what is said of it."""

    content: bytes | None
    fault: Fault
    detail: str


DAMAGES = [
    Damage(None, Fault.MISSING_FILE, "a stored file is missing"),
    Damage(CONTENT[:-1], Fault.WRONG_SIZE, "it has 21 bytes, not 22"),
    Damage(CONTENT + b"!", Fault.WRONG_SIZE, "it has 23 bytes, not 22"),
    Damage(CONTENT.upper(), Fault.WRONG_DIGEST, "its bytes have the digest sha256:"),
]


async def verify(verification: Verification, scope: Scope | None = None) -> list[Finding]:
    return (await verification.run(scope or Scope())).findings


async def test_a_whole_registry_is_right(verification: Verification, file: File, workshop: Workshop) -> None:
    before = await workshop.dump()
    report = await verification.run(Scope(has_events=True))
    assert report == VerificationReport(
        findings=[], unknown=[], file_count=1, read_count=1, read_bytes=len(CONTENT), version_count=2, event_count=3
    )
    assert await workshop.dump() == before


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_file_is_named_with_all_that_use_it(
    verification: Verification, file: File, store: FailingStore, workshop: Workshop,
    damage: Damage,
) -> None:  # fmt: skip
    key = await store.damage(file, damage.content)
    before = await workshop.dump()

    [finding] = await verify(verification)

    assert (finding.fault, finding.subject) == (damage.fault, f"{key.digest}.{key.generation}")
    assert finding.detail.startswith(damage.detail)
    assert (finding.uses, finding.is_quarantined) == (USES, False)
    assert await workshop.dump() == before


@pytest.mark.parametrize("damage", DAMAGES[:3])
async def test_presence_and_size_are_compared_even_of_what_is_not_read(
    verification: Verification, file: File, store: FailingStore, damage: Damage
) -> None:
    await store.damage(file, damage.content)
    [finding] = await verify(verification, Scope(sample_count=0))
    assert (finding.fault, finding.detail) == (damage.fault, damage.detail)


async def test_a_sample_reads_no_more_than_asked_for(
    verification: Verification, transfer: Transfer, workshop: Workshop
) -> None:
    await workshop.model("churn")
    await workshop.version("churn", *await push(transfer, *(f"file {number}".encode() for number in range(9))))
    report = await verification.run(Scope(sample_count=4))
    assert (report.file_count, report.read_count, report.read_bytes) == (9, 4, 24)
    report = await verification.run(Scope(sample_bytes=20))
    assert (report.file_count, report.read_count, report.read_bytes) == (9, 3, 18)


async def test_files_that_no_row_names_are_noted_and_not_wrong(
    verification: Verification, file: File, store: FailingStore
) -> None:
    key = await publish_orphan(store, b"left by a crash")
    report = await verification.run(Scope())
    assert (report.findings, report.unknown) == ([], [key])


async def test_what_a_collector_is_deleting_is_not_wrong(
    verification: Verification, file: File, store: FailingStore, workshop: Workshop, transfer: Transfer
) -> None:
    [dead] = await push(transfer, b"dead")
    await workshop.set_blob_state(dead, "deleting")
    assert await verify(verification) == []
    await store.damage(dead, None)
    assert await verify(verification) == []


async def test_what_is_collected_while_it_is_verified_is_not_wrong(
    database: Database, workshop: Workshop, transfer: Transfer, store: FailingStore, clock: FixedClock
) -> None:
    await push(transfer, b"dead")
    clock.advance(hours=2)

    class CollectsFirst(Verification):
        async def _fault_of(self, *args: object, **options: object) -> tuple[Fault, str] | None:
            await Collection(database, store, orphan_age=timedelta(days=1)).run()
            return await super()._fault_of(*args, **options)  # type: ignore[arg-type]

    assert await verify(CollectsFirst(database, store)) == []
    assert [key async for key, _ in store.stored()] == []


class TestQuarantine:
    @pytest.mark.parametrize("damage", DAMAGES)
    async def test_a_damaged_file_is_held_back_until_the_same_bytes_come_again(
        self, verification: Verification, file: File, store: FailingStore, transfer: Transfer, clock: FixedClock,
        damage: Damage,
    ) -> None:  # fmt: skip
        damaged = await store.damage(file, damage.content)
        [finding] = await verify(verification, QUARANTINING)
        assert (finding.fault, finding.is_quarantined) == (damage.fault, True)
        assert await transfer.missing([file.digest]) == [file.digest]
        [finding] = await verify(verification, QUARANTINING)
        assert (finding.fault, finding.uses, finding.is_quarantined) == (Fault.QUARANTINED, USES, True)
        assert finding.detail.startswith(f"{damage.fault}: {damage.detail}")

        await push(transfer, CONTENT)

        assert await verify(verification) == []
        clock.advance(hours=1)
        await Collection(verification._database, store, orphan_age=timedelta(days=1)).run()
        assert [key.digest async for key, _ in store.stored()] == [file.digest]
        assert (await store.key_of(file)).generation != damaged.generation
        assert await verify(verification) == []

    async def test_a_file_that_was_restored_from_a_backup_is_taken_back(
        self, verification: Verification, file: File, store: FailingStore, transfer: Transfer
    ) -> None:
        key = await store.damage(file, b"damaged")
        await verify(verification, QUARANTINING)
        store._blobs[key] = CONTENT

        [finding] = await verify(verification, Scope(sample_count=0))
        assert (finding.fault, finding.is_quarantined) == (Fault.QUARANTINED, True)
        assert "right again" in finding.detail
        report = await verification.run(QUARANTINING)

        assert (report.findings, report.released_count) == ([], 1)
        assert await transfer.missing([file.digest]) == []

    async def test_a_file_that_cannot_be_read_now_is_told_and_not_held_back(
        self, verification: Verification, file: File, store: FailingStore, transfer: Transfer
    ) -> None:
        store.has_bad_sectors = True
        [finding] = await verify(verification, QUARANTINING)
        assert (finding.fault, finding.uses, finding.is_quarantined) == (Fault.UNREADABLE_FILE, USES, False)
        assert await transfer.missing([file.digest]) == []

    async def test_a_registration_waits_for_the_bytes_to_come_again(
        self, verification: Verification, file: File, store: FailingStore, transfer: Transfer, workshop: Workshop
    ) -> None:
        await store.damage(file, b"damaged")
        await verify(verification, QUARANTINING)
        await push(transfer, CONTENT)
        assert (await workshop.version("churn", file)).number == 3
        assert await verify(verification) == []
