"""A store on S3 behind a network that breaks: bounded time, clear errors, no wrong byte, and recovery."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from modelyard.application.ports.blob_store import BlobKey
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import BlobLost, StorageFull, StorageUnavailable
from modelyard.infrastructure.blobs.object_store import ObjectBlobStore
from tests.integration.object_blobs import (
    CONTENT,
    PART,
    SHORT,
    appended,
    content_of,
    opened,
    place,
    published,
    segment,
    stream,
)
from tests.servers.proxy import Proxy, answering, closed, proxy_to
from tests.servers.seaweedfs import S3Bucket

PATIENCE_SECONDS = 30.0
Call = Callable[[ObjectBlobStore, BlobKey], Awaitable[object]]


@pytest.fixture
async def proxy(s3_bucket: S3Bucket, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """Between the store and the server. What a store could not abort, because it was cut off, is aborted here."""
    async with proxy_to(s3_bucket.server.host) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{proxy.host}")
        yield proxy
    s3_bucket.abort_unfinished()


@pytest.fixture
async def store(s3_bucket: S3Bucket, proxy: Proxy) -> AsyncIterator[ObjectBlobStore]:
    async with opened(s3_bucket, patience=SHORT) as store:
        yield store


async def read(store: ObjectBlobStore, key: BlobKey) -> object:
    return await content_of(store, key, len(CONTENT))


async def stage(store: ObjectBlobStore, _: BlobKey) -> object:
    return await store.stage(stream(CONTENT), limit_bytes=len(CONTENT))


async def stage_little(store: ObjectBlobStore, _: BlobKey) -> object:
    return await store.stage(stream(b"content"), limit_bytes=7)


async def append(store: ObjectBlobStore, _: BlobKey) -> object:
    return await appended(store, 0, CONTENT)


async def check(store: ObjectBlobStore, _: BlobKey) -> object:
    await store.check()
    return None


async def delete(store: ObjectBlobStore, key: BlobKey) -> object:
    await store.delete(BlobKey(digest=key.digest, generation="another"))
    return None


async def list_stored(store: ObjectBlobStore, _: BlobKey) -> object:
    return [found async for found in store.stored()]


CALLS: dict[str, Call] = {
    call.__name__: call for call in (read, stage, stage_little, append, check, delete, list_stored)
}


def stalled(proxy: Proxy) -> None:
    proxy.is_stalled = True


def cut(proxy: Proxy) -> None:
    proxy.answer = closed


def refusing(proxy: Proxy) -> None:
    proxy.request = closed


def overloaded(proxy: Proxy) -> None:
    proxy.reply = answering(503)


def failing(proxy: Proxy) -> None:
    proxy.reply = answering(500, "InternalError")


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        *((call, fault) for call in CALLS for fault in (cut, refusing, overloaded, failing)),
        *((call, stalled) for call in ("read", "stage", "append")),  # each waits as long as its patience
    ],
)
async def test_a_store_that_fails_is_unavailable_in_bounded_time_and_then_back(
    store: ObjectBlobStore, proxy: Proxy, call: str, fault: Callable[[Proxy], None]
) -> None:
    key = await published(store, CONTENT)
    fault(proxy)
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(StorageUnavailable):
            await CALLS[call](store, key)
    proxy.heal()
    assert await content_of(store, key, len(CONTENT)) == CONTENT
    await CALLS[call](store, key)


class TestReading:
    async def test_an_answer_that_is_cut_once_is_continued(self, store: ObjectBlobStore, proxy: Proxy) -> None:
        key = await published(store, CONTENT)
        passed_bytes = 0

        def cut_once(portion: bytes) -> bytes | None:
            nonlocal passed_bytes
            is_before, passed_bytes = passed_bytes < 500_000, passed_bytes + len(portion)
            return None if is_before and passed_bytes >= 500_000 else portion

        proxy.answer = cut_once
        assert await content_of(store, key, len(CONTENT)) == CONTENT
        assert passed_bytes > len(CONTENT)

    async def test_a_read_that_fails_later_raises_after_right_bytes(self, store: ObjectBlobStore, proxy: Proxy) -> None:
        key = await published(store, CONTENT)
        received = bytearray()

        async def receive() -> None:
            async for piece in store.read(key, 0, len(CONTENT)):
                proxy.reply = answering(500)
                received.extend(piece)

        with pytest.raises(StorageUnavailable):
            await receive()
        assert CONTENT.startswith(received)
        assert 0 < len(received) < len(CONTENT)

    async def test_a_truncated_answer_that_claims_to_be_whole_is_no_answer(
        self, store: ObjectBlobStore, proxy: Proxy
    ) -> None:
        key = await published(store, b"content")
        proxy.answer = lambda portion: portion.replace(b"Content-Length: 7\r\n", b"Content-Length: 6\r\n")
        with pytest.raises(StorageUnavailable, match="fewer bytes than it announced"):
            await content_of(store, key, 7)

    async def test_an_object_that_was_cut_from_outside_is_a_loss(
        self, store: ObjectBlobStore, s3_bucket: S3Bucket
    ) -> None:
        key = await published(store, b"content")
        path = f"/{s3_bucket.url.removeprefix('s3://')}/{place(key)}"
        assert s3_bucket.server.request("PUT", path)[0] == 200
        with pytest.raises(BlobLost, match="shorter than recorded"):
            await content_of(store, key, 7)


class TestWriting:
    async def test_a_part_that_is_cut_once_is_sent_again(self, store: ObjectBlobStore, proxy: Proxy) -> None:
        sent_bytes = 0

        def cut_once(portion: bytes) -> bytes | None:
            nonlocal sent_bytes
            is_before, sent_bytes = sent_bytes < PART + 500_000, sent_bytes + len(portion)
            return None if is_before and sent_bytes >= PART + 500_000 else portion

        proxy.request = cut_once
        key = await published(store, CONTENT)
        assert sent_bytes > len(CONTENT)
        proxy.heal()
        assert await content_of(store, key, len(CONTENT)) == CONTENT

    @pytest.mark.parametrize("content", [b"content", CONTENT])
    async def test_publishing_again_after_a_lost_answer_is_no_error(
        self, store: ObjectBlobStore, proxy: Proxy, s3_bucket: S3Bucket, content: bytes
    ) -> None:
        upload = await store.stage(stream(content), limit_bytes=len(content))
        key = BlobKey(digest=upload.digest, generation="g1")
        proxy.answer = lambda portion: None if s3_bucket.objects().count(place(key)) else portion
        with pytest.raises(StorageUnavailable):
            await store.publish(upload, key)
        proxy.heal()
        assert place(key) in s3_bucket.objects()
        await store.publish(upload, key)
        assert await content_of(store, key, len(content)) == content
        assert s3_bucket.objects() == [place(key)]

    async def test_a_segment_whose_answer_was_lost_is_not_lost(
        self, store: ObjectBlobStore, proxy: Proxy, s3_bucket: S3Bucket
    ) -> None:
        lost: list[bytes] = []

        def lose_one(portion: bytes) -> bytes | None:
            if not lost and segment(0) in s3_bucket.objects():
                lost.append(portion)
                return None
            return portion

        proxy.answer = lose_one
        assert await appended(store, 0, b"content") == 7
        assert lost
        assert (await store.seal("upload-1", 7)).digest == digest_of(b"content")

    async def test_what_is_published_stays_published_when_the_leftovers_cannot_be_dropped(
        self, store: ObjectBlobStore, proxy: Proxy, s3_bucket: S3Bucket, caplog: pytest.LogCaptureFixture
    ) -> None:
        upload = await store.stage(stream(b"content"), limit_bytes=7)
        key = BlobKey(digest=upload.digest, generation="g1")
        proxy.request = lambda portion: None if portion.startswith(b"POST") else portion  # deletions are POST
        await store.publish(upload, key)
        assert s3_bucket.objects() == [place(key), segment(0, upload.token)]
        assert f"the upload {upload.token} was left in the store" in caplog.text

    async def test_a_full_store_says_so(self, store: ObjectBlobStore, proxy: Proxy) -> None:
        proxy.reply = answering(507, "InsufficientStorage")
        with pytest.raises(StorageFull):
            await store.stage(stream(b"content"), limit_bytes=7)


class TestSecrets:
    async def test_no_error_or_log_holds_what_the_store_said_or_a_credential(
        self, store: ObjectBlobStore, proxy: Proxy, s3_bucket: S3Bucket, caplog: pytest.LogCaptureFixture
    ) -> None:
        proxy.reply = answering(403, "SignatureDoesNotMatch", f"you sent {s3_bucket.server.secret_key}")
        with caplog.at_level(logging.DEBUG), pytest.raises(StorageUnavailable) as refusal:
            await store.check()
        assert refusal.value.message == (
            "the object store refuses the registry's credentials (403 SignatureDoesNotMatch)"
        )
        said = f"{refusal.value!r} {refusal.value.__cause__!r} {caplog.text}"
        assert "SignatureDoesNotMatch" in caplog.text
        assert s3_bucket.server.secret_key not in said
        assert s3_bucket.server.access_key not in said

    async def test_a_bucket_that_is_not_there_is_no_lost_blob(self, store: ObjectBlobStore, proxy: Proxy) -> None:
        proxy.reply = answering(404, "NoSuchBucket")
        with pytest.raises(StorageUnavailable, match="bucket of the object store does not exist"):
            await content_of(store, BlobKey(digest=digest_of(b""), generation="g1"), 7)


class TestBreaking:
    async def test_a_dead_store_answers_at_once_and_is_back_by_itself(self, s3_bucket: S3Bucket, proxy: Proxy) -> None:
        async with opened(s3_bucket, patience=SHORT, failures=2) as store:
            key = await published(store, b"content")
            proxy.is_stalled = True
            for _ in range(2):
                with pytest.raises(StorageUnavailable, match="timeout"):
                    await content_of(store, key, 7)
            connections = proxy.connections
            for call in CALLS.values():
                with pytest.raises(StorageUnavailable, match="tried again in a few seconds"):
                    await call(store, key)
            assert proxy.connections == connections
            proxy.heal()
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    try:
                        assert await content_of(store, key, 7) == b"content"
                        break
                    except StorageUnavailable:
                        await asyncio.sleep(0.05)


class TestOpening:
    async def test_a_store_that_does_not_answer_is_not_opened(self, s3_bucket: S3Bucket, proxy: Proxy) -> None:
        proxy.reply = answering(503)
        with pytest.raises(StorageUnavailable):
            async with opened(s3_bucket, patience=SHORT):
                pass

    async def test_a_store_that_overwrites_what_it_should_keep_is_refused(
        self, s3_bucket: S3Bucket, proxy: Proxy
    ) -> None:
        proxy.answer = lambda portion: portion.replace(b"412 Precondition Failed", b'200 OK\r\nETag: "x"')
        with pytest.raises(StorageUnavailable, match="ignores If-None-Match"):
            async with opened(s3_bucket, patience=SHORT):
                pass
        assert s3_bucket.objects() == []
