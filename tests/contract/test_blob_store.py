"""What every blob store keeps, whatever it is made of. The teardown fails on anything left in the staging area."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from modelyard.application.ports.blob_store import BlobKey, BlobStore, StagedBlob
from modelyard.domain.digest import Digest, digest_of
from modelyard.domain.errors import BlobLost, InvalidInput, TooLarge
from tests.contract.blob_stores import (
    CONTENT,
    MIB,
    STORES,
    ClientGoneError,
    broken_stream,
    content_of,
    opened,
    published,
    staged,
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


class TestStaging:
    @pytest.mark.parametrize("size_bytes", [0, 1, 99_999, 2 * MIB - 1, 2 * MIB, 2 * MIB + 1, 4 * MIB, len(CONTENT)])
    async def test_what_was_staged_and_published_is_read_back(self, store: BlobStore, size_bytes: int) -> None:
        content = CONTENT[:size_bytes]
        upload = await staged(store, content)
        assert (upload.digest, upload.size_bytes) == (digest_of(content), size_bytes)
        key = BlobKey(digest=upload.digest, generation="g1")
        await store.publish(upload, key)
        assert await content_of(store, key, 0, size_bytes) == content

    @pytest.mark.parametrize("piece_bytes", [1, 7, 3 * MIB])
    async def test_the_size_of_the_pieces_does_not_matter(self, store: BlobStore, piece_bytes: int) -> None:
        content = CONTENT[-5000:] if piece_bytes < MIB else CONTENT
        upload = await store.stage(stream(content, piece_bytes), limit_bytes=len(content))
        assert upload.digest == digest_of(content)
        await store.discard(upload.token)

    async def test_empty_pieces_are_no_bytes(self, store: BlobStore) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in [b"", b"a", b"", b"b", b""]:
                yield piece

        upload = await store.stage(pieces(), limit_bytes=2)
        assert (upload.digest, upload.size_bytes) == (digest_of(b"ab"), 2)
        await store.discard(upload.token)

    @pytest.mark.parametrize("size_bytes", [11, len(CONTENT)])
    async def test_a_byte_over_the_limit_is_refused_and_nothing_stays(self, store: BlobStore, size_bytes: int) -> None:
        with pytest.raises(TooLarge) as refusal:
            await store.stage(stream(CONTENT[:size_bytes]), limit_bytes=size_bytes - 1)
        assert refusal.value.details == {"limit_bytes": size_bytes - 1}

    @pytest.mark.parametrize("size_bytes", [0, 10, len(CONTENT)])
    async def test_a_broken_stream_leaves_nothing_and_says_its_own_error(
        self, store: BlobStore, size_bytes: int
    ) -> None:
        with pytest.raises(ClientGoneError):
            await store.stage(broken_stream(CONTENT[:size_bytes]), limit_bytes=len(CONTENT))

    @pytest.mark.parametrize("size_bytes", [10, len(CONTENT)])
    async def test_a_cancelled_upload_leaves_nothing(self, store: BlobStore, size_bytes: int) -> None:
        has_stopped = asyncio.Event()

        async def stalled() -> AsyncIterator[bytes]:
            async for piece in stream(CONTENT[:size_bytes]):
                yield piece
            has_stopped.set()
            await asyncio.Event().wait()

        upload = asyncio.create_task(store.stage(stalled(), limit_bytes=len(CONTENT)))
        await has_stopped.wait()
        upload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upload
        assert await tokens(store) == []

    async def test_uploads_side_by_side_do_not_mix(self, store: BlobStore) -> None:
        contents = [CONTENT[: 300_000 + index] for index in range(20)]
        keys = await asyncio.gather(*(published(store, content) for content in contents))
        read = await asyncio.gather(
            *(content_of(store, key, 0, len(content)) for key, content in zip(keys, contents, strict=True))
        )
        assert read == contents


class TestPublishing:
    async def test_the_staged_bytes_are_gone_afterwards(self, store: BlobStore) -> None:
        upload = await staged(store, b"content")
        assert await tokens(store) == [upload.token]
        await store.publish(upload, BlobKey(digest=upload.digest, generation="g1"))
        assert await tokens(store) == []

    async def test_a_key_that_is_there_stays_as_it_is(self, store: BlobStore) -> None:
        key = await published(store, b"first")
        await store.publish(await staged(store, b"other"), key)
        assert await content_of(store, key, 0, 5) == b"first"
        assert await tokens(store) == []

    async def test_publishing_the_same_upload_again_is_no_error(self, store: BlobStore) -> None:
        upload = await staged(store, b"content")
        key = BlobKey(digest=upload.digest, generation="g1")
        await store.publish(upload, key)
        await store.publish(upload, key)
        assert await content_of(store, key, 0, 7) == b"content"

    async def test_publishing_what_is_neither_staged_nor_stored_is_a_loss(self, store: BlobStore) -> None:
        upload = await staged(store, b"content")
        await store.discard(upload.token)
        with pytest.raises(BlobLost):
            await store.publish(upload, BlobKey(digest=upload.digest, generation="g1"))

    async def test_many_may_publish_the_same_key_at_once(self, store: BlobStore) -> None:
        keys = await asyncio.gather(*(published(store, b"content") for _ in range(20)))
        assert [found async for found in store.stored()] == [(keys[0], 7)]

    async def test_generations_of_a_digest_live_and_die_apart(self, store: BlobStore) -> None:
        old, new = await published(store, b"content", "g1"), await published(store, b"content", "g2")
        await store.delete(old)
        assert await content_of(store, new, 0, 7) == b"content"
        with pytest.raises(BlobLost):
            await content_of(store, old, 0, 7)


class TestReading:
    @pytest.mark.parametrize(
        ("start", "stop"),
        [(0, 1), (3, 3), (0, 0), (1, 2 * MIB), (2 * MIB - 1, 2 * MIB + 1), (5, 4 * MIB + 7), (MIB, len(CONTENT))],
    )
    async def test_a_range_is_exactly_its_bytes(self, store: BlobStore, start: int, stop: int) -> None:
        key = await published(store, CONTENT)
        assert await content_of(store, key, start, stop) == CONTENT[start:stop]

    @pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 7), (0, 8 * MIB)])
    async def test_a_missing_blob_is_a_loss(self, store: BlobStore, start: int, stop: int) -> None:
        with pytest.raises(BlobLost):
            await content_of(store, BlobKey(digest=digest_of(b"content"), generation="g1"), start, stop)

    @pytest.mark.parametrize("stop", [8, 8 * MIB])
    async def test_a_blob_that_is_too_short_is_a_loss_before_the_first_piece(self, store: BlobStore, stop: int) -> None:
        key = await published(store, b"content")
        with pytest.raises(BlobLost):
            await anext(store.read(key, 0, stop))

    async def test_a_reader_may_go_away_early(self, store: BlobStore) -> None:
        key = await published(store, CONTENT)
        pieces = store.read(key, 0, len(CONTENT))
        assert CONTENT.startswith(await anext(pieces))
        del pieces
        assert await content_of(store, key, 0, len(CONTENT)) == CONTENT


class TestKeeping:
    async def test_every_published_key_is_listed_with_its_size(self, store: BlobStore) -> None:
        keys = {await published(store, b"x" * size, f"g_{size}-"): size for size in range(40)}
        assert {key: size async for key, size in store.stored()} == keys

    async def test_staged_and_appended_bytes_are_listed_with_their_age(self, store: BlobStore) -> None:
        upload = await staged(store, b"content")
        await store.append("upload-1", 0, stream(b"content"), limit_bytes=7)
        ages = {token: seconds async for token, seconds in store.staged()}
        assert sorted(ages) == sorted([upload.token, "upload-1"])
        assert all(0 <= seconds < 60 for seconds in ages.values())
        for token in ages:
            await store.discard(token)

    async def test_deleting_is_idempotent(self, store: BlobStore) -> None:
        key = await published(store, b"content")
        await store.delete(key)
        await store.delete(key)
        assert [found async for found in store.stored()] == []

    async def test_what_is_stored_outlives_close_and_open(self, store: BlobStore) -> None:
        key = await published(store, b"content")
        await store.append("upload-1", 0, stream(b"one"), limit_bytes=3)
        await store.close()
        await store.close()
        await store.open()
        await store.open()
        await store.check()
        assert await content_of(store, key, 0, 7) == b"content"
        assert (await store.seal("upload-1", 3)).digest == digest_of(b"one")
        await store.discard("upload-1")


class TestNames:
    @pytest.mark.parametrize("token", ["", ".", "..", "a/b", "../a", "a\0", "a\n", "ä", "a.b", "a" * 101, "٣"])
    async def test_a_token_of_another_form_is_refused(self, store: BlobStore, token: str) -> None:
        upload = StagedBlob(token=token, digest=digest_of(b""), size_bytes=0)
        for call in (
            store.append(token, 0, stream(b"content"), limit_bytes=7),
            store.append(token, 3, stream(b"content"), limit_bytes=10),
            store.seal(token, 0),
            store.discard(token),
            store.publish(upload, BlobKey(digest=digest_of(b""), generation="g1")),
        ):
            with pytest.raises(InvalidInput):
                await call

    @pytest.mark.parametrize(
        ("digest", "generation"),
        [
            (digest_of(b""), ""),
            (digest_of(b""), ".."),
            (digest_of(b""), "../g"),
            (digest_of(b""), "g\n"),
            (digest_of(b""), "g" * 65),
            ("sha256:" + "A" * 64, "g1"),
            ("sha256:../" + "a" * 61, "g1"),
            ("a" * 64, "g1"),
        ],
    )
    async def test_a_key_of_another_form_is_refused(self, store: BlobStore, digest: str, generation: str) -> None:
        key = BlobKey(digest=Digest(digest), generation=generation)
        with pytest.raises(InvalidInput):
            await anext(aiter(store.read(key, 0, 1)))
        with pytest.raises(InvalidInput):
            await store.delete(key)
        upload = await staged(store, b"content")
        with pytest.raises(InvalidInput):
            await store.publish(upload, key)
        await store.discard(upload.token)

    @pytest.mark.parametrize("token", ["a", "A-z_0", "-", "_", "a" * 100])
    async def test_a_token_of_the_right_form_is_taken(self, store: BlobStore, token: str) -> None:
        await store.append(token, 0, stream(b"content"), limit_bytes=7)
        assert await tokens(store) == [token]
        await store.discard(token)
