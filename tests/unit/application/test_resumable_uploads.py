import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from modelyard.application.ports.blob_store import StagedBlob
from modelyard.application.ports.database import Database
from modelyard.application.services.transfer import CLAIM, Transfer
from modelyard.domain.digest import Digest, digest_of
from modelyard.domain.errors import (
    DigestMismatch,
    InvalidInput,
    OffsetConflict,
    TooLarge,
    UploadBusy,
    UploadIncomplete,
    UploadNotFound,
)
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore
from tests.factories import ADA
from tests.fakes.clock import START, FixedClock
from tests.unit.application.transfers import CONTENT, DIGEST, LIMITS, broken, sent, staged, stored


async def test_an_upload_goes_on_where_it_was_broken_off(
    transfer: Transfer, database: Database, store: InMemoryBlobStore
) -> None:
    upload = await database.write(transfer.begin, ADA, len(CONTENT), DIGEST)
    assert (upload.offset_bytes, upload.created_by, upload.expires_at) == (0, "ada", START + LIMITS.upload_ttl)
    assert await transfer.append(upload.id, 0, sent(CONTENT[:5])) == 5
    with pytest.raises(ConnectionError):
        await transfer.append(upload.id, 5, broken(CONTENT[5:9]))

    offset = (await transfer.find(upload.id)).offset_bytes
    await transfer.append(upload.id, offset, sent(CONTENT[offset:]))
    received = await transfer.finish(ADA, upload.id, None)

    assert (received.digest, received.is_new) == (DIGEST, True)
    assert (await stored(store), await staged(store)) == ([DIGEST], [])
    with pytest.raises(UploadNotFound):
        await transfer.find(upload.id)


async def test_a_long_request_records_its_progress_on_the_way(
    transfer: Transfer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelyard.application.services.segments.SEGMENT_BYTES", 4)
    upload = await database.write(transfer.begin, ADA, len(CONTENT), None)

    with pytest.raises(ConnectionError):
        await transfer.append(upload.id, 0, broken(CONTENT[:3], CONTENT[3:6], CONTENT[6:8]))

    assert (await transfer.find(upload.id)).offset_bytes == 6


@pytest.mark.parametrize("expected", [None, digest_of(b"")])
async def test_an_empty_upload_needs_no_bytes(transfer: Transfer, database: Database, expected: Digest | None) -> None:
    upload = await database.write(transfer.begin, ADA, 0, None)

    assert (await transfer.finish(ADA, upload.id, expected)).digest == digest_of(b"")


async def test_an_upload_continues_only_at_its_offset(transfer: Transfer, database: Database) -> None:
    upload = await database.write(transfer.begin, ADA, 10, None)
    await transfer.append(upload.id, 0, sent(b"12345"))

    for offset in (0, 4, 6, 10):
        with pytest.raises(OffsetConflict) as refusal:
            await transfer.append(upload.id, offset, sent(b"x"))
        assert refusal.value.details == {"offset_bytes": 5, "size_bytes": 10}
    assert await transfer.append(upload.id, 5, sent(b"67890")) == 10


async def test_an_upload_takes_no_more_bytes_than_announced(transfer: Transfer, database: Database) -> None:
    upload = await database.write(transfer.begin, ADA, 5, None)
    await transfer.append(upload.id, 0, sent(b"123"))

    with pytest.raises(TooLarge):
        await transfer.append(upload.id, 3, sent(b"456"))
    assert (await transfer.find(upload.id)).offset_bytes == 3
    await transfer.append(upload.id, 3, sent(b"45"))
    assert (await transfer.finish(ADA, upload.id, digest_of(b"12345"))).size_bytes == 5


async def test_an_upload_is_ended_only_when_it_is_complete_and_right(
    transfer: Transfer, database: Database, store: InMemoryBlobStore
) -> None:
    upload = await database.write(transfer.begin, ADA, len(CONTENT), DIGEST)
    await transfer.append(upload.id, 0, sent(CONTENT[:5]))
    with pytest.raises(UploadIncomplete) as refusal:
        await transfer.finish(ADA, upload.id, None)
    assert refusal.value.details == {"offset_bytes": 5, "size_bytes": len(CONTENT)}

    await transfer.append(upload.id, 5, sent(CONTENT[5:]))
    with pytest.raises(InvalidInput):
        await transfer.finish(ADA, upload.id, digest_of(b"another"))
    assert (await transfer.finish(ADA, upload.id, DIGEST)).digest == DIGEST


async def test_an_upload_of_other_bytes_than_announced_is_over(
    transfer: Transfer, database: Database, store: InMemoryBlobStore
) -> None:
    upload = await database.write(transfer.begin, ADA, 3, DIGEST)
    await transfer.append(upload.id, 0, sent(b"bad"))

    with pytest.raises(DigestMismatch):
        await transfer.finish(ADA, upload.id, None)
    assert (await stored(store), await staged(store)) == ([], [])
    with pytest.raises(UploadNotFound):
        await transfer.finish(ADA, upload.id, None)


async def test_while_one_request_writes_others_are_refused(
    transfer: Transfer, database: Database, clock: FixedClock
) -> None:
    upload = await database.write(transfer.begin, ADA, 10, None)

    async def meanwhile() -> AsyncIterator[bytes]:
        yield b"12345"
        for request in (
            transfer.append(upload.id, 0, sent(b"x")),
            transfer.finish(ADA, upload.id, None),
            transfer.abandon(upload.id),
        ):
            with pytest.raises(UploadBusy):
                await request
        yield b"67890"

    assert await transfer.append(upload.id, 0, meanwhile()) == 10


class Hashing(InMemoryBlobStore):
    """Takes its time to hash what was uploaded."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()

    async def seal(self, upload_id: str, size_bytes: int) -> StagedBlob:
        self.begun.set()
        await self.may_end.wait()
        return await super().seal(upload_id, size_bytes)


async def test_nobody_takes_an_upload_over_while_its_end_takes_long(database: Database, clock: FixedClock) -> None:
    store = Hashing()
    transfer = Transfer(database, store, replace(LIMITS, renew_after=timedelta(milliseconds=1)))
    upload = await database.write(transfer.begin, ADA, len(CONTENT), None)
    await transfer.append(upload.id, 0, sent(CONTENT))
    ending = asyncio.create_task(transfer.finish(ADA, upload.id, None))
    await store.begun.wait()

    for _ in range(3):  # each of them less than a claim, and together more
        before = (await transfer.find(upload.id)).expires_at
        clock.advance(seconds=CLAIM.total_seconds() * 0.9)
        async with asyncio.timeout(30):
            while (await transfer.find(upload.id)).expires_at == before:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.001)
        with pytest.raises(UploadBusy):
            await transfer.finish(ADA, upload.id, None)

    store.may_end.set()
    assert (await ending).digest == DIGEST


async def test_a_writer_that_was_taken_over_records_nothing(
    transfer: Transfer, database: Database, clock: FixedClock
) -> None:
    upload = await database.write(transfer.begin, ADA, 10, None)

    async def slow() -> AsyncIterator[bytes]:
        yield b"slow"
        clock.advance(seconds=CLAIM.total_seconds() + 1)
        await transfer.append(upload.id, 0, sent(b"quick"))

    with pytest.raises(UploadBusy):
        await transfer.append(upload.id, 0, slow())
    assert (await transfer.find(upload.id)).offset_bytes == 5


async def test_an_abandoned_upload_is_gone_with_its_bytes(
    transfer: Transfer, database: Database, store: InMemoryBlobStore
) -> None:
    upload = await database.write(transfer.begin, ADA, 10, None)
    await transfer.append(upload.id, 0, sent(b"12345"))

    await transfer.abandon(upload.id)

    assert await staged(store) == []
    for request in (transfer.find(upload.id), transfer.abandon(upload.id), transfer.append(upload.id, 5, sent(b"6"))):
        with pytest.raises(UploadNotFound):
            await request


async def test_an_upload_expires(transfer: Transfer, database: Database, clock: FixedClock) -> None:
    upload = await database.write(transfer.begin, ADA, 10, None)
    clock.advance(days=1)

    for request in (transfer.find(upload.id), transfer.append(upload.id, 0, sent(b"1")), transfer.abandon(upload.id)):
        with pytest.raises(UploadNotFound):
            await request


async def test_an_upload_that_goes_on_expires_later(transfer: Transfer, database: Database, clock: FixedClock) -> None:
    upload = await database.write(transfer.begin, ADA, 10, None)
    clock.advance(hours=23)
    await transfer.append(upload.id, 0, sent(b"12345"))
    clock.advance(hours=23)

    assert (await transfer.find(upload.id)).offset_bytes == 5


@pytest.mark.parametrize("is_continued", [True, False])
async def test_an_upload_whose_bytes_the_store_lost_is_over(
    transfer: Transfer, database: Database, store: InMemoryBlobStore, is_continued: bool
) -> None:
    upload = await database.write(transfer.begin, ADA, 6 if is_continued else 5, None)
    await transfer.append(upload.id, 0, sent(b"12345"))
    await store.discard(upload.id)

    with pytest.raises(UploadNotFound):
        await (transfer.append(upload.id, 5, sent(b"6")) if is_continued else transfer.finish(ADA, upload.id, None))
    with pytest.raises(UploadNotFound):
        await transfer.find(upload.id)
