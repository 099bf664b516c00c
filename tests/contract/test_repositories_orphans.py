from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import Blob, BlobState
from modelyard.application.ports.database import Database, Transaction
from modelyard.domain.digest import digest_of
from tests.fakes.clock import START, FixedClock

DAY = timedelta(days=1)
KEY = BlobKey(digest=digest_of(b"orphan"), generation="1")
OTHER = BlobKey(digest=digest_of(b"orphan"), generation="2")


async def sight(database: Database, sizes: dict[BlobKey, int]) -> None:
    await database.sweep(lambda tx: tx.orphans.sight(sizes, at=tx.now))


async def aged(database: Database, by: datetime) -> tuple[int, int]:
    return await database.scan(lambda tx: tx.orphans.aged(first_seen_by=by))


async def condemn(database: Database, by: datetime, limit: int = 9) -> Sequence[Blob]:
    return await database.sweep(lambda tx: tx.orphans.condemn(first_seen_by=by, at=tx.now, limit=limit))


def record(tx: Transaction, key: BlobKey = KEY) -> Blob:
    return tx.blobs.add(key, 6, by="ada", at=tx.now, lease_until=tx.now + DAY)


async def test_the_first_sight_counts_however_often_it_is_seen(database: Database, clock: FixedClock) -> None:
    await sight(database, {KEY: 6})
    clock.advance(hours=1)
    await sight(database, {KEY: 6, OTHER: 7})
    await sight(database, {})

    assert await aged(database, START - timedelta(milliseconds=1)) == (0, 0)
    assert await aged(database, START) == (1, 6)
    assert await aged(database, clock.now()) == (2, 13)


async def test_what_is_not_seen_any_more_is_forgotten(database: Database, clock: FixedClock) -> None:
    await sight(database, {KEY: 6, OTHER: 7})
    later = clock.advance(hours=1)
    await sight(database, {KEY: 6})

    await database.sweep(lambda tx: tx.orphans.lose_sight(before=later))

    assert await aged(database, later) == (1, 6)


async def test_aged_ones_are_recorded_as_blobs_to_be_deleted(database: Database, clock: FixedClock) -> None:
    await sight(database, {KEY: 6})
    clock.advance(hours=1)
    await sight(database, {OTHER: 7})

    [blob] = await condemn(database, START)

    assert (blob.key, blob.size_bytes, blob.state) == (KEY, 6, BlobState.DELETING)
    assert await database.scan(lambda tx: tx.blobs.condemned(beyond=0, limit=9)) == [blob]
    assert await condemn(database, START) == []
    assert await aged(database, clock.now()) == (1, 7)


async def test_they_go_some_at_a_time_the_oldest_first(database: Database, clock: FixedClock) -> None:
    await sight(database, {OTHER: 7})
    clock.advance(hours=1)
    await sight(database, {KEY: 6})

    assert [blob.key for blob in await condemn(database, clock.now(), limit=1)] == [OTHER]
    assert [blob.key for blob in await condemn(database, clock.now(), limit=1)] == [KEY]


async def test_what_was_recorded_after_all_is_left_alone(database: Database) -> None:
    await sight(database, {KEY: 6})
    blob = await database.write(record)

    assert await condemn(database, START) == []
    assert await database.write(lambda tx: tx.blobs.live([KEY.digest])) == {KEY.digest: blob}
    assert await aged(database, START) == (0, 0)


async def test_who_records_a_condemned_one_fails(database: Database) -> None:
    await sight(database, {KEY: 6})
    await condemn(database, START)

    with pytest.raises(IntegrityError):
        await database.write(record)
    await database.write(record, OTHER)
