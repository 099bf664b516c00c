import pytest

from modelyard.application.ports.answers import Answer, RememberedAnswer
from modelyard.application.ports.database import Database
from modelyard.application.services.collection import BATCH, Collection, CollectionReport, Tally
from modelyard.application.services.transfer import Transfer
from modelyard.domain.errors import StorageUnavailable
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore
from tests.factories import ADA, Workshop
from tests.fakes.clock import FixedClock
from tests.unit.application.collecting import DAY, AgeingStore, collect, publish_orphan, push
from tests.unit.application.transfers import LIMITS, broken, sent, staged, stored


@pytest.fixture
def store() -> AgeingStore:
    return AgeingStore()


@pytest.fixture
def collection(database: Database, store: AgeingStore) -> Collection:
    return Collection(database, store, orphan_age=DAY)


@pytest.fixture(autouse=True)
async def model(workshop: Workshop) -> None:
    await workshop.model("churn")


async def test_a_file_that_no_row_names_goes_once_it_was_seen_for_a_day(
    collection: Collection, store: AgeingStore, workshop: Workshop, clock: FixedClock
) -> None:
    await publish_orphan(store, b"lost")
    clock.advance(days=30)
    assert (await collect(collection)).orphans == Tally()
    clock.advance(hours=23, minutes=59)
    assert (await collect(collection)).orphans == Tally()

    clock.advance(minutes=1)
    assert (await collect(collection)).orphans == Tally(count=1, size_bytes=4)
    assert await stored(store) == []
    left = await workshop.dump()
    assert (left["blobs"], left["orphans"]) == ([], [])


async def test_a_file_whose_row_comes_late_stays(
    collection: Collection, store: AgeingStore, database: Database, workshop: Workshop, clock: FixedClock
) -> None:
    key = await publish_orphan(store, b"late")
    await collect(collection)
    clock.advance(days=1)
    lease = clock.now() + DAY
    await database.write(lambda tx: tx.blobs.add(key, 4, by="ada", at=tx.now, lease_until=lease))

    assert (await collect(collection)).orphans == Tally()
    assert await stored(store) == [key.digest]
    assert (await workshop.dump())["orphans"] == []


async def test_an_upload_that_stood_still_before_its_row_is_refused_its_row(
    collection: Collection, database: Database, clock: FixedClock, workshop: Workshop
) -> None:
    class StandingStill(InMemoryBlobStore):
        async def publish(self, *args: object) -> None:
            await super().publish(*args)  # type: ignore[arg-type]
            clock.advance(hours=6, seconds=1)

    store = StandingStill()
    with pytest.raises(StorageUnavailable, match="too long"):
        await Transfer(database, store, LIMITS).receive(ADA, sent(b"weights"))
    assert (await workshop.dump())["blobs"] == []


async def test_an_upload_past_its_time_goes_with_its_bytes(
    collection: Collection,
    transfer: Transfer,
    database: Database,
    store: AgeingStore,
    workshop: Workshop,
    clock: FixedClock,
) -> None:
    left = await database.write(transfer.begin, ADA, 10, None)
    await transfer.append(left.id, 0, sent(b"1234"))
    clock.advance(hours=12)
    going_on = await database.write(transfer.begin, ADA, 10, None)
    await transfer.append(going_on.id, 0, sent(b"56"))

    clock.advance(hours=12)
    assert (await collect(collection)).uploads == Tally(count=1, size_bytes=4)

    assert await staged(store) == [going_on.id]
    assert [row[0] for row in (await workshop.dump())["uploads"]] == [going_on.id]


async def test_staged_bytes_go_after_a_day_unless_an_upload_names_them(
    collection: Collection, transfer: Transfer, database: Database, store: AgeingStore
) -> None:
    upload = await database.write(transfer.begin, ADA, 10, None)
    await transfer.append(upload.id, 0, sent(b"1234"))
    await store.stage(sent(b"left by a crash"), limit_bytes=100)

    store.idle_seconds = DAY.total_seconds() - 1
    assert (await collect(collection)).staging.count == 0
    store.idle_seconds += 1
    assert (await collect(collection)).staging == Tally(count=1, size_bytes=None)
    assert await staged(store) == [upload.id]


async def test_a_broken_upload_leaves_nothing_to_collect(transfer: Transfer, collection: Collection) -> None:
    with pytest.raises(ConnectionError):
        await transfer.receive(ADA, broken(b"half"))
    assert (await collection.survey()).kinds["staging"].count == 0


async def test_expired_answers_go(collection: Collection, database: Database, clock: FixedClock) -> None:
    remembered = RememberedAnswer(fingerprint="f00d", answer=Answer(status=201, headers={}, body=b""))
    for number in range(BATCH + 1):
        key, until = f"key-{number}", clock.now() + DAY
        await database.write(
            lambda tx, key=key, until=until: tx.answers.remember("ada", key, remembered, at=tx.now, expires_at=until)  # type: ignore[misc]
        )
    assert (await collect(collection)).answers.count == 0
    clock.advance(days=1)
    assert (await collect(collection)).answers == Tally(count=BATCH + 1, size_bytes=None)


async def leave_one_of_each(transfer: Transfer, store: AgeingStore, workshop: Workshop) -> None:
    await push(transfer, b"dead")
    [condemned] = await push(transfer, b"condemned")
    await workshop.set_blob_state(condemned, "deleting")
    orphan = await publish_orphan(store, b"orphan")
    upload = await workshop.database.write(transfer.begin, ADA, 10, None)
    await transfer.append(upload.id, 0, sent(b"1234"))
    await store.stage(sent(b"staged"), limit_bytes=100)
    await workshop.database.sweep(lambda tx: tx.orphans.sight({orphan: 6}, at=tx.now))


async def test_a_survey_tells_what_a_cycle_then_does_and_changes_nothing(
    collection: Collection, transfer: Transfer, store: AgeingStore, workshop: Workshop, clock: FixedClock
) -> None:
    await leave_one_of_each(transfer, store, workshop)
    clock.advance(days=1)
    store.idle_seconds = DAY.total_seconds()
    before = (await workshop.dump(), await stored(store), await staged(store))

    survey = await collection.survey()

    assert (await workshop.dump(), await stored(store), await staged(store)) == before
    assert survey == CollectionReport(
        answers=Tally(size_bytes=None),
        uploads=Tally(count=1, size_bytes=4),
        blobs=Tally(count=2, size_bytes=len(b"dead") + len(b"condemned")),
        orphans=Tally(count=1, size_bytes=6),
        staging=Tally(count=1, size_bytes=None),
    )
    assert survey.size_bytes == 4 + 13 + 6
    assert await collect(collection) == survey
    assert (await collection.survey()).size_bytes == 0
