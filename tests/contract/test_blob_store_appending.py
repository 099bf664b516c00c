"""Uploads that come in parts, in every blob store. The teardown fails on anything left in the staging area."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from modelyard.application.ports.blob_store import BlobKey, BlobStore, StagedBlob
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import BlobLost, TooLarge
from tests.contract.blob_stores import (
    CONTENT,
    MIB,
    STORES,
    ClientGoneError,
    broken_stream,
    content_of,
    opened,
    stream,
    tokens,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blobs")


@pytest.fixture(params=sorted(STORES))
async def store(request: pytest.FixtureRequest) -> AsyncIterator[BlobStore]:
    async with opened(request) as store:
        yield store


async def append(store: BlobStore, offset_bytes: int, content: bytes) -> int:
    return await store.append("upload-1", offset_bytes, stream(content), limit_bytes=MIB)


async def test_parts_become_a_whole(store: BlobStore) -> None:
    assert await append(store, 0, b"one ") == 4
    assert await append(store, 4, b"two") == 7
    upload = await store.seal("upload-1", 7)
    assert upload == StagedBlob(token="upload-1", digest=digest_of(b"one two"), size_bytes=7)
    key = BlobKey(digest=upload.digest, generation="g1")
    await store.publish(upload, key)
    assert await content_of(store, key, 0, 7) == b"one two"


async def test_what_lies_beyond_the_offset_is_dropped(store: BlobStore) -> None:
    await append(store, 0, b"one and a broken attempt")
    assert await append(store, 4, b"two") == 7
    assert (await store.seal("upload-1", 7)).digest == digest_of(b"one two")
    with pytest.raises(BlobLost):
        await store.seal("upload-1", 8)
    await store.discard("upload-1")


async def test_an_append_of_nothing_makes_an_empty_upload(store: BlobStore) -> None:
    assert await append(store, 0, b"") == 0
    assert (await store.seal("upload-1", 0)).digest == digest_of(b"")
    await store.discard("upload-1")


async def test_an_append_beyond_the_end_is_a_loss(store: BlobStore) -> None:
    with pytest.raises(BlobLost):
        await append(store, 1, b"two")
    await append(store, 0, b"one")
    with pytest.raises(BlobLost):
        await append(store, 4, b"two")
    await store.discard("upload-1")


async def test_the_limit_is_that_of_the_whole(store: BlobStore) -> None:
    assert await store.append("upload-1", 0, stream(b"1234"), limit_bytes=6) == 4
    with pytest.raises(TooLarge):
        await store.append("upload-1", 4, stream(b"567"), limit_bytes=6)
    with pytest.raises(TooLarge):
        await store.append("upload-1", 7, stream(b""), limit_bytes=6)
    assert await store.append("upload-1", 4, stream(b"56"), limit_bytes=6) == 6
    await store.discard("upload-1")


async def test_a_broken_append_leaves_what_was_there_before(store: BlobStore) -> None:
    await append(store, 0, b"one ")
    with pytest.raises(ClientGoneError):
        await store.append("upload-1", 4, broken_stream(CONTENT), limit_bytes=2 * len(CONTENT))
    assert await append(store, 4, b"two") == 7
    assert (await store.seal("upload-1", 7)).digest == digest_of(b"one two")
    await store.discard("upload-1")


async def test_sealing_can_be_repeated_and_drops_what_lies_beyond(store: BlobStore) -> None:
    await append(store, 0, b"content and more")
    assert await store.seal("upload-1", 7) == await store.seal("upload-1", 7)
    with pytest.raises(BlobLost):
        await store.seal("upload-1", 16)
    await store.discard("upload-1")


async def test_sealing_what_is_not_there_is_a_loss(store: BlobStore) -> None:
    with pytest.raises(BlobLost):
        await store.seal("upload-1", 0)


async def test_discarding_is_idempotent(store: BlobStore) -> None:
    await append(store, 0, b"content")
    await store.discard("upload-1")
    await store.discard("upload-1")
    assert await tokens(store) == []
