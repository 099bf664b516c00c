import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import pytest

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import Blob
from modelyard.application.ports.database import Database, Transaction
from modelyard.domain.digest import Digest, digest_of
from tests.factories import Workshop
from tests.fakes.clock import START

R = TypeVar("R")

DIGEST = digest_of(b"weights")
HOUR = timedelta(hours=1)


def key_of(digest: Digest) -> BlobKey:
    return BlobKey(digest=digest, generation=secrets.token_hex(8))


def adding(key: BlobKey, *, lease_until: datetime = START + HOUR) -> Callable[[Transaction], Blob]:
    return lambda tx: tx.blobs.add(key, 7, by="ada", at=tx.now, lease_until=lease_until)


async def lease(workshop: Workshop) -> datetime:
    ((*_, lease_until_ms, _, _),) = (await workshop.dump())["blobs"]
    return datetime.fromtimestamp(lease_until_ms / 1000, tz=START.tzinfo)


async def test_recorded_bytes_are_live(database: Database) -> None:
    key = key_of(DIGEST)

    blob = await database.write(adding(key))

    assert (blob.key, blob.size_bytes) == (key, 7)
    assert await database.write(lambda tx: tx.blobs.live([DIGEST, digest_of(b"other")])) == {DIGEST: blob}


async def test_of_two_uploads_of_the_same_bytes_the_first_counts(database: Database, workshop: Workshop) -> None:
    first = await database.write(adding(key_of(DIGEST)))

    second = await database.write(adding(key_of(DIGEST), lease_until=START + 2 * HOUR))

    assert second == first
    assert await lease(workshop) == START + 2 * HOUR


async def test_bytes_being_deleted_are_not_live_and_can_come_again(database: Database, workshop: Workshop) -> None:
    old = await database.write(adding(key_of(DIGEST)))
    await workshop.set_blob_state((await workshop.blob(b"weights")), "deleting")
    assert await database.write(lambda tx: tx.blobs.live([DIGEST])) == {}

    new = await database.write(adding(key_of(DIGEST)))

    assert new.id != old.id
    assert new.key.generation != old.key.generation
    assert await database.write(lambda tx: tx.blobs.live([DIGEST])) == {DIGEST: new}


@pytest.mark.parametrize(("until", "kept"), [(START, START + HOUR), (START + 3 * HOUR, START + 3 * HOUR)])
async def test_a_lease_never_gets_shorter(
    database: Database, workshop: Workshop, until: datetime, kept: datetime
) -> None:
    await database.write(adding(key_of(DIGEST)))

    await database.write(lambda tx: tx.blobs.renew([DIGEST], until))
    await database.write(lambda tx: tx.blobs.renew([], until + HOUR))

    assert await lease(workshop) == kept


async def test_thousands_of_digests_are_asked_for_at_once(database: Database) -> None:
    digests = [digest_of(str(place).encode()) for place in range(2_600)]
    stored = digests[::100]
    for digest in stored:
        await database.write(adding(key_of(digest)))

    assert set(await database.write(lambda tx: tx.blobs.live(digests))) == set(stored)
    assert await database.write(lambda tx: tx.blobs.live([])) == {}
