"""What every blob store keeps when many small files come at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from modelyard.application.ports.blob_store import BlobKey, BlobStore, StagedBlob
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import BlobLost, InvalidInput
from tests.contract.blob_stores import STORES, ClientGoneError, content_of, opened, tokens

FILES = [b"x" * size for size in range(40)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blobs")


@pytest.fixture(params=sorted(STORES))
async def store(request: pytest.FixtureRequest) -> AsyncIterator[BlobStore]:
    async with opened(request) as store:
        yield store


async def sent(contents: Sequence[bytes]) -> AsyncIterator[bytes]:
    for content in contents:
        yield content


def placed(blobs: Sequence[StagedBlob]) -> list[tuple[StagedBlob, BlobKey]]:
    return [(blob, BlobKey(digest=blob.digest, generation="g1")) for blob in blobs]


@pytest.mark.parametrize("count", [0, 1, 3, len(FILES)])
async def test_what_was_staged_and_published_together_is_read_back(store: BlobStore, count: int) -> None:
    blobs = await store.stage_all(sent(FILES[:count]))
    assert [(blob.digest, blob.size_bytes) for blob in blobs] == [(digest_of(one), len(one)) for one in FILES[:count]]
    assert sorted(await tokens(store)) == sorted(blob.token for blob in blobs)
    await store.publish_all(placed(blobs))
    assert {key.digest async for key, _ in store.stored()} == {blob.digest for blob in blobs}
    for (blob, key), content in zip(placed(blobs), FILES[:count], strict=True):
        assert await content_of(store, key, 0, blob.size_bytes) == content


async def test_a_large_file_among_them_is_no_exception(store: BlobStore) -> None:
    contents = [b"a", b"b" * 3_000_000, b"c"]
    blobs = await store.stage_all(sent(contents))
    await store.publish_all(placed(blobs))
    read = [await content_of(store, key, 0, blob.size_bytes) for blob, key in placed(blobs)]
    assert read == contents


@pytest.mark.parametrize("count", [0, 1, len(FILES)])
async def test_a_broken_stream_leaves_nothing_and_says_its_own_error(store: BlobStore, count: int) -> None:
    async def broken() -> AsyncIterator[bytes]:
        for content in FILES[:count]:
            yield content
        raise ClientGoneError

    with pytest.raises(ClientGoneError):
        await store.stage_all(broken())
    assert await tokens(store) == []


async def test_a_cancelled_batch_leaves_nothing(store: BlobStore) -> None:
    has_stopped = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        for content in FILES:
            yield content
        has_stopped.set()
        await asyncio.Event().wait()

    batch = asyncio.create_task(_staged(store, stalled()))
    await has_stopped.wait()
    batch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await batch
    assert await tokens(store) == []


async def _staged(store: BlobStore, contents: AsyncIterator[bytes]) -> None:
    await store.stage_all(contents)


async def test_keys_that_are_there_stay_and_publishing_again_is_no_error(store: BlobStore) -> None:
    first = await store.stage_all(sent(FILES))
    await store.publish_all(placed(first))
    again = await store.stage_all(sent(FILES[:20]))
    await store.publish_all(placed(again))
    await store.publish_all(placed(again))
    assert len([key async for key, _ in store.stored()]) == len(FILES)
    assert await tokens(store) == []


async def test_a_batch_of_which_one_file_is_gone_is_a_loss(store: BlobStore) -> None:
    blobs = await store.stage_all(sent(FILES))
    await store.discard(blobs[7].token)
    with pytest.raises(BlobLost):
        await store.publish_all(placed(blobs))
    for blob in blobs:
        await store.discard(blob.token)


async def test_tokens_and_keys_of_another_form_are_refused(store: BlobStore) -> None:
    blobs = await store.stage_all(sent([b"content"]))
    with pytest.raises(InvalidInput):
        await store.publish_all([(blobs[0], BlobKey(digest=blobs[0].digest, generation="../g"))])
    strange = StagedBlob(token="../a", digest=blobs[0].digest, size_bytes=7)
    with pytest.raises(InvalidInput):
        await store.publish_all(placed([strange]))
    await store.discard(blobs[0].token)
