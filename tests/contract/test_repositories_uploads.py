import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.uploads import Upload
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import UploadNotFound
from tests.fakes.clock import START, FixedClock

MINUTE = timedelta(minutes=1)
UPLOAD = Upload(
    id="upload-1",
    size_bytes=2**40,
    digest=digest_of(b"weights"),
    offset_bytes=0,
    created_by="ada",
    created_at=START,
    expires_at=START + timedelta(days=1),
)


@pytest.fixture(autouse=True)
async def upload(database: Database) -> None:
    await database.write(lambda tx: tx.uploads.add(UPLOAD))


def get(tx: Transaction) -> Upload:
    return tx.uploads.get(UPLOAD.id, at=tx.now)


def claiming(writer: str) -> Callable[[Transaction], bool]:
    return lambda tx: tx.uploads.claim(UPLOAD.id, writer, at=tx.now, until=tx.now + MINUTE)


def advancing(writer: str, offset_bytes: int) -> Callable[[Transaction], bool]:
    return lambda tx: tx.uploads.advance(
        UPLOAD.id, writer, offset_bytes, until=tx.now + MINUTE, expires_at=tx.now + timedelta(days=1)
    )


async def test_an_upload_is_kept_as_it_was_begun(database: Database) -> None:
    await database.write(lambda tx: tx.uploads.add(replace(UPLOAD, id="upload-2", digest=None)))

    assert await database.read(get) == UPLOAD
    assert (await database.read(lambda tx: tx.uploads.get("upload-2", at=tx.now))).digest is None


@pytest.mark.parametrize("upload_id", ["", "upload", "UPLOAD-1", "upload-1 ", "\0"])
async def test_another_is_not_found(database: Database, upload_id: str) -> None:
    with pytest.raises(UploadNotFound):
        await database.read(lambda tx: tx.uploads.get(upload_id, at=tx.now))


async def test_an_upload_is_there_until_it_expires(database: Database, clock: FixedClock) -> None:
    clock.advance(days=1, milliseconds=-1)
    assert await database.read(get) == UPLOAD

    clock.advance(milliseconds=1)
    with pytest.raises(UploadNotFound):
        await database.read(get)


async def test_of_many_who_claim_it_one_becomes_its_writer(database: Database) -> None:
    claims = await asyncio.gather(*(database.write(claiming(str(place))) for place in range(32)))

    assert sorted(claims) == [False] * 31 + [True]


async def test_only_its_writer_advances_it(database: Database) -> None:
    await database.write(claiming("a"))

    assert await database.write(advancing("b", 5)) is False
    assert await database.write(advancing("a", 7)) is True
    assert (await database.read(get)).offset_bytes == 7


async def test_a_claim_is_free_when_its_time_is_over(database: Database, clock: FixedClock) -> None:
    await database.write(claiming("a"))
    clock.advance(seconds=60)
    assert await database.write(claiming("b")) is False

    clock.advance(milliseconds=1)
    assert await database.write(claiming("b")) is True
    assert await database.write(advancing("a", 7)) is False


async def test_a_writer_that_goes_on_holds_its_claim(database: Database, clock: FixedClock) -> None:
    await database.write(claiming("a"))
    clock.advance(seconds=50)
    await database.write(advancing("a", 7))
    clock.advance(seconds=50)

    assert await database.write(claiming("b")) is False


async def test_a_claim_is_given_up_only_by_its_holder(database: Database) -> None:
    await database.write(claiming("a"))

    await database.write(lambda tx: tx.uploads.release(UPLOAD.id, "b"))
    assert await database.write(claiming("b")) is False

    await database.write(lambda tx: tx.uploads.release(UPLOAD.id, "a"))
    assert await database.write(claiming("b")) is True


async def test_a_forgotten_upload_is_gone(database: Database) -> None:
    for _ in range(2):
        await database.write(lambda tx: tx.uploads.delete(UPLOAD.id))

    with pytest.raises(UploadNotFound):
        await database.read(get)
    assert await database.write(claiming("a")) is False
    assert await database.write(advancing("a", 7)) is False
    await database.write(lambda tx: tx.uploads.release(UPLOAD.id, "a"))


class TestExpiry:
    async def test_only_what_is_past_its_time_and_not_written_to_expires(
        self, database: Database, clock: FixedClock
    ) -> None:
        await database.write(lambda tx: tx.uploads.add(replace(UPLOAD, id="young", expires_at=START + 9 * MINUTE)))
        await database.write(lambda tx: tx.uploads.add(replace(UPLOAD, id="busy", expires_at=START + 3 * MINUTE)))
        await database.write(lambda tx: tx.uploads.add(replace(UPLOAD, id="left", expires_at=START + 3 * MINUTE)))
        await database.write(lambda tx: tx.uploads.claim("busy", "one", at=tx.now, until=START + 5 * MINUTE))
        await database.write(lambda tx: tx.uploads.claim("left", "one", at=tx.now, until=START + MINUTE))
        await database.write(
            lambda tx: tx.uploads.advance("left", "one", 7, until=START + MINUTE, expires_at=START + 3 * MINUTE)
        )
        assert await expired(database) == (0, 0)

        clock.advance(minutes=3)
        assert await expired(database) == (1, 7)
        assert await expire(database) == ["left"]
        assert await expire(database) == []

        clock.advance(minutes=3)
        assert await expire(database) == ["busy"]
        assert await database.scan(lambda tx: tx.uploads.named(["left", "busy", "young", UPLOAD.id, "none"])) == {
            "young",
            UPLOAD.id,
        }
        assert await database.scan(lambda tx: tx.uploads.named([])) == frozenset()

    async def test_they_expire_some_at_a_time_the_oldest_first(self, database: Database, clock: FixedClock) -> None:
        await database.write(lambda tx: tx.uploads.add(replace(UPLOAD, id="upload-0", expires_at=START)))
        await database.write(lambda tx: tx.uploads.add(replace(UPLOAD, id="upload-2", expires_at=START - MINUTE)))
        assert await expire(database, limit=1) == ["upload-2"]
        assert await expire(database, limit=2) == ["upload-0"]


async def expired(database: Database) -> tuple[int, int]:
    return await database.scan(lambda tx: tx.uploads.expired(at=tx.now))


async def expire(database: Database, limit: int = 9) -> list[str]:
    gone = await database.sweep(lambda tx: tx.uploads.expire(at=tx.now, limit=limit))
    return [upload.id for upload in gone]
