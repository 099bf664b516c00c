import pytest

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.database import Database
from modelyard.application.services.transfer import Transfer
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import DigestMismatch, TooLarge
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore
from tests.factories import ADA, Workshop
from tests.fakes.clock import FixedClock
from tests.unit.application.transfers import CONTENT, DIGEST, LIMITS, sent, staged, stored


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


async def test_too_many_bytes_are_refused(transfer: Transfer, database: Database, store: InMemoryBlobStore) -> None:
    with pytest.raises(TooLarge):
        await transfer.receive(ADA, sent(b"x" * 101))
    with pytest.raises(TooLarge):
        await database.write(transfer.begin, ADA, 101, None)

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
    (live,) = (await database.write(lambda tx: tx.blobs.live([DIGEST]))).values()
    assert [key async for key, _ in store.stored()] == [live.key]


async def test_only_missing_digests_are_asked_for_in_their_order(transfer: Transfer) -> None:
    await transfer.receive(ADA, sent(CONTENT))
    lost = [digest_of(bytes([place])) for place in range(3)]

    assert await transfer.missing([lost[2], DIGEST, lost[0], lost[2]]) == [lost[2], lost[0]]
    assert await transfer.missing([]) == []


async def test_bytes_that_need_not_be_sent_are_kept_for_the_registration_to_come(
    transfer: Transfer, workshop: Workshop, clock: FixedClock
) -> None:
    await transfer.receive(ADA, sent(CONTENT))
    clock.advance(minutes=59)

    assert await transfer.missing([DIGEST]) == []

    (row,) = (await workshop.dump())["blobs"]
    assert int((clock.now() + LIMITS.blob_lease).timestamp() * 1000) in row
