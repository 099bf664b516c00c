from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.database import Database
from modelyard.application.services.transfer import CLAIM, Transfer, TransferLimits
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
from tests.factories import ADA, Workshop
from tests.fakes.clock import START, FixedClock

LIMITS = TransferLimits(upload_bytes=100, upload_ttl=timedelta(days=1), blob_lease=timedelta(hours=1))
CONTENT = b"the weights of a model"
DIGEST = digest_of(CONTENT)


async def sent(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def broken(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    raise ConnectionError("the client is gone")


@pytest.fixture
def store() -> InMemoryBlobStore:
    return InMemoryBlobStore()


@pytest.fixture
def transfer(database: Database, store: InMemoryBlobStore) -> Transfer:
    return Transfer(database, store, LIMITS)


async def stored(store: InMemoryBlobStore) -> list[Digest]:
    return [key.digest async for key, _ in store.stored()]


async def staged(store: InMemoryBlobStore) -> list[str]:
    return [token async for token, _ in store.staged()]


async def test_what_was_received_is_stored_and_recorded(
    transfer: Transfer, store: InMemoryBlobStore, workshop: Workshop
) -> None:
    received = await transfer.receive(ADA, sent(CONTENT[:5], CONTENT[5:]), DIGEST)

    assert (received.digest, received.size_bytes, received.is_new) == (DIGEST, len(CONTENT), True)
    assert await transfer.missing([DIGEST]) == []
    ((_, digest, generation, state, size_bytes, *_),) = (await workshop.dump())["blobs"]
    assert (digest, state, size_bytes) == (DIGEST, "live", len(CONTENT))
    key = BlobKey(digest=DIGEST, generation=generation)
    assert b"".join([piece async for piece in store.read(key, 0, len(CONTENT))]) == CONTENT
    assert await staged(store) == []


async def test_the_same_bytes_are_stored_once(
    transfer: Transfer, store: InMemoryBlobStore, workshop: Workshop, clock: FixedClock
) -> None:
    await transfer.receive(ADA, sent(CONTENT))
    clock.advance(minutes=30)

    again = await transfer.receive(ADA, sent(CONTENT), DIGEST)

    assert not again.is_new
    assert await stored(store) == [DIGEST]
    assert await staged(store) == []
    (row,) = (await workshop.dump())["blobs"]
    assert int((clock.now() + LIMITS.blob_lease).timestamp() * 1000) in row


async def test_bytes_with_another_digest_are_dropped(
    transfer: Transfer, store: InMemoryBlobStore, workshop: Workshop
) -> None:
    before = await workshop.dump()

    with pytest.raises(DigestMismatch) as refusal:
        await transfer.receive(ADA, sent(b"something else"), DIGEST)

    assert refusal.value.details == {"expected": DIGEST, "actual": digest_of(b"something else")}
    assert (await stored(store), await staged(store), await workshop.dump()) == ([], [], before)


async def test_too_many_bytes_are_refused(transfer: Transfer, store: InMemoryBlobStore) -> None:
    with pytest.raises(TooLarge):
        await transfer.receive(ADA, sent(b"x" * 101))
    with pytest.raises(TooLarge):
        await transfer.begin(ADA, 101, None)

    assert (await stored(store), await staged(store)) == ([], [])


async def test_of_two_who_send_the_same_bytes_at_once_one_copy_stays(
    transfer: Transfer, store: InMemoryBlobStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = store.publish

    async def publish_after_another(*arguments: object) -> None:
        monkeypatch.undo()
        await transfer.receive(ADA, sent(CONTENT))
        await publish(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "publish", publish_after_another)
    received = await transfer.receive(ADA, sent(CONTENT))

    assert not received.is_new
    assert await stored(store) == [DIGEST]
    (live,) = (await database.scan(lambda tx: tx.blobs.live([DIGEST]))).values()
    assert [key async for key, _ in store.stored()] == [live.key]


async def test_only_missing_digests_are_asked_for_in_their_order(transfer: Transfer) -> None:
    await transfer.receive(ADA, sent(CONTENT))
    lost = [digest_of(bytes([place])) for place in range(3)]

    assert await transfer.missing([lost[2], DIGEST, lost[0], lost[2]]) == [lost[2], lost[0]]
    assert await transfer.missing([]) == []


async def test_an_upload_goes_on_where_it_was_broken_off(transfer: Transfer, store: InMemoryBlobStore) -> None:
    upload = await transfer.begin(ADA, len(CONTENT), DIGEST)
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
    transfer: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelyard.application.services.transfer.SEGMENT_BYTES", 4)
    upload = await transfer.begin(ADA, len(CONTENT), None)

    with pytest.raises(ConnectionError):
        await transfer.append(upload.id, 0, broken(CONTENT[:3], CONTENT[3:6], CONTENT[6:8]))

    assert (await transfer.find(upload.id)).offset_bytes == 6


@pytest.mark.parametrize("expected", [None, digest_of(b"")])
async def test_an_empty_upload_needs_no_bytes(transfer: Transfer, expected: Digest | None) -> None:
    upload = await transfer.begin(ADA, 0, None)

    assert (await transfer.finish(ADA, upload.id, expected)).digest == digest_of(b"")


async def test_an_upload_continues_only_at_its_offset(transfer: Transfer) -> None:
    upload = await transfer.begin(ADA, 10, None)
    await transfer.append(upload.id, 0, sent(b"12345"))

    for offset in (0, 4, 6, 10):
        with pytest.raises(OffsetConflict) as refusal:
            await transfer.append(upload.id, offset, sent(b"x"))
        assert refusal.value.details == {"offset_bytes": 5, "size_bytes": 10}
    assert await transfer.append(upload.id, 5, sent(b"67890")) == 10


async def test_an_upload_takes_no_more_bytes_than_announced(transfer: Transfer) -> None:
    upload = await transfer.begin(ADA, 5, None)
    await transfer.append(upload.id, 0, sent(b"123"))

    with pytest.raises(TooLarge):
        await transfer.append(upload.id, 3, sent(b"456"))
    assert (await transfer.find(upload.id)).offset_bytes == 3
    await transfer.append(upload.id, 3, sent(b"45"))
    assert (await transfer.finish(ADA, upload.id, digest_of(b"12345"))).size_bytes == 5


async def test_an_upload_is_ended_only_when_it_is_complete_and_right(
    transfer: Transfer, store: InMemoryBlobStore
) -> None:
    upload = await transfer.begin(ADA, len(CONTENT), DIGEST)
    await transfer.append(upload.id, 0, sent(CONTENT[:5]))
    with pytest.raises(UploadIncomplete) as refusal:
        await transfer.finish(ADA, upload.id, None)
    assert refusal.value.details == {"offset_bytes": 5, "size_bytes": len(CONTENT)}

    await transfer.append(upload.id, 5, sent(CONTENT[5:]))
    with pytest.raises(InvalidInput):
        await transfer.finish(ADA, upload.id, digest_of(b"another"))
    assert (await transfer.finish(ADA, upload.id, DIGEST)).digest == DIGEST


async def test_an_upload_of_other_bytes_than_announced_is_over(transfer: Transfer, store: InMemoryBlobStore) -> None:
    upload = await transfer.begin(ADA, 3, DIGEST)
    await transfer.append(upload.id, 0, sent(b"bad"))

    with pytest.raises(DigestMismatch):
        await transfer.finish(ADA, upload.id, None)
    assert (await stored(store), await staged(store)) == ([], [])
    with pytest.raises(UploadNotFound):
        await transfer.finish(ADA, upload.id, None)


async def test_while_one_request_writes_others_are_refused(transfer: Transfer, clock: FixedClock) -> None:
    upload = await transfer.begin(ADA, 10, None)

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


async def test_a_writer_that_was_taken_over_records_nothing(transfer: Transfer, clock: FixedClock) -> None:
    upload = await transfer.begin(ADA, 10, None)

    async def slow() -> AsyncIterator[bytes]:
        yield b"slow"
        clock.advance(seconds=CLAIM.total_seconds() + 1)
        await transfer.append(upload.id, 0, sent(b"quick"))

    with pytest.raises(UploadBusy):
        await transfer.append(upload.id, 0, slow())
    assert (await transfer.find(upload.id)).offset_bytes == 5


async def test_an_abandoned_upload_is_gone_with_its_bytes(transfer: Transfer, store: InMemoryBlobStore) -> None:
    upload = await transfer.begin(ADA, 10, None)
    await transfer.append(upload.id, 0, sent(b"12345"))

    await transfer.abandon(upload.id)

    assert await staged(store) == []
    for request in (transfer.find(upload.id), transfer.abandon(upload.id), transfer.append(upload.id, 5, sent(b"6"))):
        with pytest.raises(UploadNotFound):
            await request


async def test_an_upload_expires(transfer: Transfer, clock: FixedClock) -> None:
    upload = await transfer.begin(ADA, 10, None)
    clock.advance(days=1)

    for request in (transfer.find(upload.id), transfer.append(upload.id, 0, sent(b"1")), transfer.abandon(upload.id)):
        with pytest.raises(UploadNotFound):
            await request


@pytest.mark.parametrize("is_continued", [True, False])
async def test_an_upload_whose_bytes_the_store_lost_is_over(
    transfer: Transfer, store: InMemoryBlobStore, is_continued: bool
) -> None:
    upload = await transfer.begin(ADA, 6 if is_continued else 5, None)
    await transfer.append(upload.id, 0, sent(b"12345"))
    await store.discard(upload.id)

    with pytest.raises(UploadNotFound):
        await (transfer.append(upload.id, 5, sent(b"6")) if is_continued else transfer.finish(ADA, upload.id, None))
    with pytest.raises(UploadNotFound):
        await transfer.find(upload.id)
