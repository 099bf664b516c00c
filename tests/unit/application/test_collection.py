import asyncio
import logging
from dataclasses import replace

import pytest

from modelyard.application.ports.database import Database
from modelyard.application.services import catalog, publishing
from modelyard.application.services.collection import BATCH, TASK, Collection, CollectionReport, Tally
from modelyard.application.services.transfer import Transfer
from modelyard.domain.errors import StorageUnavailable
from modelyard.domain.reference import ByNumber
from tests.factories import ADA, Workshop
from tests.fakes.clock import FixedClock
from tests.unit.application.collecting import DAY, AgeingStore, collect, publish_orphan, push
from tests.unit.application.transfers import LIMITS, stored


@pytest.fixture
def store() -> AgeingStore:
    return AgeingStore()


@pytest.fixture
def collection(database: Database, store: AgeingStore) -> Collection:
    return Collection(database, store, orphan_age=DAY)


@pytest.fixture(autouse=True)
async def model(workshop: Workshop) -> None:
    await workshop.model("churn")


async def test_a_registry_without_anything_dead_stays_as_it_is(
    collection: Collection, transfer: Transfer, workshop: Workshop, clock: FixedClock
) -> None:
    await workshop.version("churn", *await push(transfer, b"weights"))
    clock.advance(days=30)
    before = await workshop.dump()

    assert await collect(collection) == CollectionReport(answers=Tally(size_bytes=None), staging=Tally(size_bytes=None))
    assert await workshop.dump() == before


async def test_what_a_deletion_says_becomes_free_is_free_after_the_lease_and_a_cycle(
    collection: Collection, transfer: Transfer, store: AgeingStore, database: Database, workshop: Workshop,
    clock: FixedClock,
) -> None:  # fmt: skip
    shared, own = await push(transfer, b"shared", b"only of the first")
    await workshop.version("churn", shared, own)
    await workshop.version("churn", shared)
    freed_bytes = await database.write(publishing.delete_version, ADA, "churn", ByNumber(1), None, is_forced=False)
    assert freed_bytes == len(b"only of the first")

    assert (await collect(collection)).blobs == Tally()
    clock.advance(seconds=LIMITS.blob_lease.total_seconds())

    assert (await collect(collection)).blobs == Tally(count=1, size_bytes=freed_bytes)
    assert await stored(store) == [shared.digest]
    assert len((await workshop.dump())["blobs"]) == 1
    assert (await collect(collection)).blobs == Tally()


async def test_a_deleted_model_frees_just_what_no_other_holds(
    collection: Collection, transfer: Transfer, store: AgeingStore, database: Database, workshop: Workshop,
    clock: FixedClock,
) -> None:  # fmt: skip
    await workshop.model("fraud")
    shared, own = await push(transfer, b"shared", b"own")
    await workshop.version("churn", shared, own)
    await workshop.version("fraud", shared)
    freed_bytes = await database.write(catalog.delete_model, ADA, "churn", None, is_forced=False)
    clock.advance(hours=1)

    assert (await collect(collection)).blobs == Tally(count=1, size_bytes=freed_bytes)
    assert await stored(store) == [shared.digest]


async def test_asking_for_missing_digests_keeps_those_that_are_there(
    collection: Collection, transfer: Transfer, store: AgeingStore, clock: FixedClock
) -> None:
    [file] = await push(transfer, b"weights")
    clock.advance(minutes=59)
    assert await transfer.missing([file.digest]) == []
    clock.advance(minutes=59)
    await collect(collection)
    assert await stored(store) == [file.digest]

    clock.advance(minutes=1)
    await collect(collection)
    assert await stored(store) == []
    assert await transfer.missing([file.digest]) == [file.digest]


async def test_many_go_in_one_cycle(
    collection: Collection, transfer: Transfer, store: AgeingStore, clock: FixedClock
) -> None:
    count = 2 * BATCH + 1
    await push(transfer, *(str(number).encode() for number in range(count)))
    clock.advance(hours=1)

    assert (await collect(collection)).blobs.count == count
    assert await stored(store) == []


@pytest.mark.parametrize("is_file_gone", [False, True])
async def test_a_deletion_that_was_interrupted_is_finished_by_the_next_cycle(
    collection: Collection, transfer: Transfer, store: AgeingStore, workshop: Workshop, database: Database,
    is_file_gone: bool,
) -> None:  # fmt: skip
    [file] = await push(transfer, b"weights")
    await workshop.set_blob_state(file, "deleting")
    if is_file_gone:
        [key] = [key async for key, _ in store.stored()]
        await store.delete(key)
    [again] = await push(transfer, b"weights")
    await workshop.version("churn", again)

    assert (await collect(collection)).blobs == Tally(count=1, size_bytes=7)

    assert await stored(store) == [file.digest]
    [state] = [row[3] for row in (await workshop.dump())["blobs"]]
    assert state == "live"


async def test_one_collector_works_at_a_time(collection: Collection, database: Database) -> None:
    async with database.leading(TASK):
        assert await collection.run() is None
    assert await collection.run() is not None


async def test_a_file_that_resists_holds_up_no_other_and_is_tried_again(
    collection: Collection, transfer: Transfer, store: AgeingStore, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    stuck, _ = await push(transfer, b"stuck", b"dead")
    store.stuck = {stuck.digest}
    await publish_orphan(store, b"orphan")
    await collect(collection)
    clock.advance(days=1)

    with caplog.at_level(logging.WARNING):
        report = await collect(collection)
    assert (report.blobs, report.undeleted) == (Tally(count=1, size_bytes=4), 1)
    assert report.orphans.count == 1
    assert stuck.digest in caplog.text

    assert (await collect(collection)).undeleted == 1
    store.stuck = set()
    assert (await collect(collection)).blobs.count == 1
    assert await stored(store) == []


async def test_a_store_that_deletes_nothing_ends_the_cycle(
    collection: Collection, transfer: Transfer, store: AgeingStore, clock: FixedClock
) -> None:
    store.stuck = {file.digest for file in await push(transfer, *(str(number).encode() for number in range(20)))}
    clock.advance(hours=1)

    with pytest.raises(StorageUnavailable):
        await collection.run()

    store.stuck = set()
    assert (await collect(collection)).blobs.count == 20


async def test_a_cancelled_cycle_lets_the_next_one_lead(collection: Collection, transfer: Transfer) -> None:
    await push(transfer, b"weights")
    running = asyncio.create_task(collection.run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await collection.run() is not None


def test_a_tally_that_adds_the_unknown_does_not_know_its_sum() -> None:
    assert Tally().plus(2, 3) == Tally(count=2, size_bytes=3)
    assert Tally().plus(2, None) == Tally(count=2, size_bytes=None)
    assert replace(Tally(), size_bytes=None).plus(1, 5).size_bytes is None
