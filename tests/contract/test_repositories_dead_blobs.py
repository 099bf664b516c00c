import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.blobs import Blob, BlobState, BlobUse
from modelyard.application.ports.database import Database, Transaction
from modelyard.application.services import publishing
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import BlobsMissing
from modelyard.domain.model_version import File, ModelVersion
from modelyard.domain.reference import Latest
from tests.factories import ADA, Workshop
from tests.fakes.clock import FixedClock

LEASE = timedelta(hours=1)
"""For which `Workshop.blob` keeps a blob."""


@pytest.fixture(autouse=True)
async def model(workshop: Workshop) -> None:
    await workshop.model("churn")


async def live(database: Database, file: File) -> Blob:
    return (await database.write(lambda tx: tx.blobs.live([file.digest])))[file.digest]


async def blobs_of(workshop: Workshop, *contents: bytes) -> list[Blob]:
    return [await live(workshop.database, await workshop.blob(content)) for content in contents]


async def unreferenced(database: Database, *, beyond: int = 0, limit: int = 10) -> Sequence[Blob]:
    return await database.scan(lambda tx: tx.blobs.unreferenced(at=tx.now, beyond=beyond, limit=limit))


async def condemn(database: Database, *blobs: Blob) -> Sequence[Blob]:
    return await database.sweep(lambda tx: tx.blobs.condemn([blob.id for blob in blobs], at=tx.now))


async def condemned(database: Database) -> Sequence[Blob]:
    return await database.scan(lambda tx: tx.blobs.condemned(beyond=0, limit=10))


def deleting(blob: Blob) -> Blob:
    return replace(blob, state=BlobState.DELETING)


async def test_a_blob_is_dead_once_its_lease_is_over_and_no_version_refers_to_it(
    database: Database, workshop: Workshop, clock: FixedClock
) -> None:
    used = await workshop.blob(b"used")
    await workshop.version("churn", used)
    [dead] = await blobs_of(workshop, b"dead")
    clock.advance(hours=1, milliseconds=-1)
    assert await unreferenced(database) == []

    clock.advance(milliseconds=1)
    assert await unreferenced(database) == [dead]

    await database.write(publishing.delete_version, ADA, "churn", Latest(), None, is_forced=False)
    assert [blob.key.digest for blob in await unreferenced(database)] == [used.digest, dead.key.digest]


async def test_dead_blobs_come_page_by_page(database: Database, workshop: Workshop, clock: FixedClock) -> None:
    blobs = await blobs_of(workshop, *(str(number).encode() for number in range(5)))
    clock.advance(hours=1)

    assert await unreferenced(database, limit=3) == blobs[:3]
    assert await unreferenced(database, beyond=blobs[2].id) == blobs[3:]


async def test_only_what_is_still_dead_is_condemned(database: Database, workshop: Workshop, clock: FixedClock) -> None:
    file = await workshop.blob(b"used")
    used, leased, dead = await live(database, file), *await blobs_of(workshop, b"leased", b"dead")
    clock.advance(hours=1)
    assert await unreferenced(database) == [used, leased, dead]
    await workshop.version("churn", file)
    await database.write(lambda tx: tx.blobs.renew([leased.key.digest], tx.now + LEASE))

    assert await condemn(database, used, leased, dead) == [deleting(dead)]
    assert await condemn(database, used, leased, dead) == []
    assert await condemn(database) == []
    assert await condemned(database) == [deleting(dead)]
    assert await database.write(lambda tx: tx.blobs.live([dead.key.digest])) == {}


async def test_condemned_bytes_are_refused_to_a_registration(
    database: Database, workshop: Workshop, clock: FixedClock
) -> None:
    file = await workshop.blob(b"dead")
    clock.advance(hours=1)
    await condemn(database, await live(database, file))

    with pytest.raises(BlobsMissing):
        await workshop.version("churn", file)


async def test_of_a_registration_and_a_condemnation_at_once_one_wins(
    database: Database, workshop: Workshop, clock: FixedClock
) -> None:
    files = [await workshop.blob(f"blob {number}".encode()) for number in range(20)]
    blobs = [await live(database, file) for file in files]
    clock.advance(hours=1)

    async def register(file: File) -> ModelVersion | None:
        try:
            return await workshop.version("churn", file)
        except BlobsMissing:
            return None

    for file, blob in zip(files, blobs, strict=True):
        version, moved = await asyncio.gather(register(file), condemn(database, blob))
        assert (version is None) == (moved == [deleting(blob)])


async def test_only_condemned_rows_are_forgotten(database: Database, workshop: Workshop, clock: FixedClock) -> None:
    kept, dead = await blobs_of(workshop, b"kept", b"dead")
    clock.advance(hours=1)
    await condemn(database, dead)

    for _ in range(2):
        await database.sweep(lambda tx: tx.blobs.forget([kept.id, dead.id]))

    assert await condemned(database) == []
    assert await unreferenced(database) == [kept]


async def test_keys_are_known_in_every_state_and_by_generation(
    database: Database, workshop: Workshop, clock: FixedClock
) -> None:
    one, other = await blobs_of(workshop, b"one", b"other")
    clock.advance(hours=1)
    await condemn(database, other)
    strangers = [replace(one.key, generation="another"), BlobKey(digest=digest_of(b"none"), generation="1")]

    def named(tx: Transaction) -> object:
        return tx.blobs.named([one.key, other.key, *strangers])

    assert await database.scan(named) == {one.key: one, other.key: deleting(other)}
    assert await database.scan(lambda tx: tx.blobs.named([])) == {}


async def test_the_uses_of_a_blob_are_told_by_model_version_and_path(database: Database, workshop: Workshop) -> None:
    file = replace(await workshop.blob(b"weights"), path="b.bin")
    await workshop.model("atlas")
    await workshop.version("churn", file, replace(file, path="a.bin"))
    await workshop.version("atlas", file)
    blob = await live(database, file)

    assert await database.scan(lambda tx: tx.blobs.uses(blob.id)) == [
        BlobUse(model="atlas", version=1, path="b.bin"),
        BlobUse(model="churn", version=1, path="a.bin"),
        BlobUse(model="churn", version=1, path="b.bin"),
    ]


class TestQuarantine:
    @pytest.fixture
    async def file(self, workshop: Workshop) -> File:
        file = await workshop.blob(b"weights")
        await workshop.version("churn", file)
        return file

    @pytest.fixture
    async def blob(self, database: Database, file: File) -> Blob:
        """A quarantined blob that a version refers to."""
        blob = await live(database, file)
        assert await database.write(lambda tx: tx.blobs.quarantine(blob.id))
        return replace(blob, state=BlobState.QUARANTINED)

    async def test_it_is_no_longer_live_and_still_kept(
        self, database: Database, blob: Blob, clock: FixedClock, workshop: Workshop
    ) -> None:
        clock.advance(hours=1)
        assert await database.write(lambda tx: tx.blobs.live([blob.key.digest])) == {}
        assert await database.scan(lambda tx: tx.blobs.kept(beyond=0, limit=9)) == [blob]
        assert await database.scan(lambda tx: tx.blobs.kept(beyond=blob.id, limit=9)) == []
        assert await unreferenced(database) == []
        assert not await database.write(lambda tx: tx.blobs.quarantine(blob.id))

    async def test_its_version_tells_it_and_refers_to_the_same_bytes_when_they_come_again(
        self, database: Database, blob: Blob, file: File, workshop: Workshop, clock: FixedClock
    ) -> None:
        [stored] = (await database.scan(lambda tx: tx.versions.files("churn", Latest())))[1]
        assert (stored.key, stored.state) == (blob.key, BlobState.QUARANTINED)

        await workshop.blob(b"weights")

        [stored] = (await database.scan(lambda tx: tx.versions.files("churn", Latest())))[1]
        assert stored.file == file
        assert (stored.key, stored.state) == ((await live(database, file)).key, BlobState.LIVE)
        assert stored.key != blob.key
        clock.advance(hours=1)
        assert await unreferenced(database) == [blob]
        assert await condemn(database, blob) == [deleting(blob)]

    async def test_other_bytes_that_come_do_not_touch_it(
        self, database: Database, blob: Blob, workshop: Workshop
    ) -> None:
        await workshop.blob(b"other")
        [stored] = (await database.scan(lambda tx: tx.versions.files("churn", Latest())))[1]
        assert stored.key == blob.key

    async def test_it_is_released_where_nothing_took_its_place(
        self, database: Database, blob: Blob, file: File, workshop: Workshop
    ) -> None:
        assert await database.write(lambda tx: tx.blobs.release(blob.id))
        assert (await live(database, file)).key == blob.key
        assert not await database.write(lambda tx: tx.blobs.release(blob.id))

        await database.write(lambda tx: tx.blobs.quarantine(blob.id))
        await workshop.blob(b"weights")
        assert not await database.write(lambda tx: tx.blobs.release(blob.id))


async def test_versions_are_walked_by_id(database: Database, workshop: Workshop) -> None:
    await workshop.model("atlas")
    made = [await workshop.version(name) for name in ("churn", "atlas", "churn")]
    expected = [(version.id, version.model, version.number) for version in made]

    assert await database.scan(lambda tx: tx.versions.after(0, limit=2)) == expected[:2]
    assert await database.scan(lambda tx: tx.versions.after(made[1].id, limit=9)) == expected[2:]
