"""What a store on S3 does beyond the contract: its layout, uploads across processes, and what it holds in memory."""

import asyncio
import subprocess
import sys
import tracemalloc
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from modelyard.application.ports.blob_store import BlobKey, StagedBlob
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import BlobLost, StorageUnavailable
from modelyard.infrastructure.blobs.object_address import object_blob_store
from tests.integration.object_blobs import (
    CONTENT,
    MIB,
    PART,
    appended,
    content_of,
    opened,
    place,
    published,
    segment,
    stream,
)
from tests.servers.seaweedfs import S3Bucket

APPEND = """
import asyncio, sys
from modelyard.infrastructure.blobs.object_address import object_blob_store

async def pieces():
    for index in range(48):
        yield bytes([index]) * 2**18

async def main():
    store = object_blob_store(sys.argv[1], allow_http=True)
    await store.open()
    reached = await store.append("upload-1", 0, pieces(), limit_bytes=2**40)
    print(reached, flush=True)
    await store.append("upload-1", reached, forever(), limit_bytes=2**40)

async def forever():
    yield b"of no account" * 1_000_000
    print("waiting", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


class TestLayout:
    async def test_a_blob_lies_at_its_digest_and_generation(self, s3_bucket: S3Bucket) -> None:
        async with opened(s3_bucket) as store:
            key = await published(store, b"content")
            assert s3_bucket.objects() == [place(key)]

    async def test_objects_of_others_are_passed_over(self, s3_bucket: S3Bucket) -> None:
        for path in ("sha256/ab/notes.txt", "staging/readme", "staging/a.b/000000000000000", "staging/upload/12"):
            assert s3_bucket.server.request("PUT", f"/{s3_bucket.url.removeprefix('s3://')}/{path}")[0] == 200
        async with opened(s3_bucket) as store:
            assert [found async for found in store.stored()] == []
            assert [found async for found in store.staged()] == []

    async def test_more_than_a_page_is_listed(self, s3_bucket: S3Bucket) -> None:
        async with opened(s3_bucket) as store:
            contents = [b"%d" % index for index in range(1050)]
            for start in range(0, len(contents), 50):
                await asyncio.gather(*(published(store, content) for content in contents[start : start + 50]))
            found = {key.digest async for key, _ in store.stored()}
            assert found == {digest_of(content) for content in contents}


class TestPublishing:
    async def test_an_upload_above_the_size_of_a_copy_is_joined_and_compared(self, s3_bucket: S3Bucket) -> None:
        async with opened(s3_bucket, copy_bytes=PART) as store:
            upload = await store.stage(stream(CONTENT), limit_bytes=len(CONTENT))
            assert s3_bucket.objects() == [segment(start, upload.token) for start in (0, PART, 2 * PART)]
            key = BlobKey(digest=upload.digest, generation="g1")
            await store.publish(upload, key)
            assert s3_bucket.objects() == [place(key)]
            assert await content_of(store, key, len(CONTENT)) == CONTENT

    @pytest.mark.parametrize("size_bytes", [7, len(CONTENT)])
    async def test_bytes_that_changed_in_the_store_are_not_published(
        self, s3_bucket: S3Bucket, size_bytes: int
    ) -> None:
        async with opened(s3_bucket, copy_bytes=PART) as store:
            upload = await store.stage(stream(CONTENT[:size_bytes]), limit_bytes=size_bytes)
            other = StagedBlob(token=upload.token, digest=digest_of(b"other"), size_bytes=size_bytes)
            with pytest.raises(BlobLost, match="have changed"):
                await store.publish(other, BlobKey(digest=other.digest, generation="g1"))
            await store.discard(upload.token)
            assert s3_bucket.objects() == []

    async def test_a_volume_that_is_gone_is_a_loss(self, s3_bucket: S3Bucket) -> None:
        async with opened(s3_bucket, copy_bytes=PART) as store:
            upload = await store.stage(stream(CONTENT), limit_bytes=len(CONTENT))
            path = f"/{s3_bucket.url.removeprefix('s3://')}/{segment(PART, upload.token)}"
            assert s3_bucket.server.request("DELETE", path)[0] == 204
            with pytest.raises(BlobLost, match="a part of the upload is gone"):
                await store.publish(upload, BlobKey(digest=upload.digest, generation="g1"))
            await store.discard(upload.token)


class TestAppending:
    async def test_another_process_continues_what_a_killed_one_began(self, s3_bucket: S3Bucket) -> None:
        began = await asyncio.create_subprocess_exec(
            sys.executable, "-c", APPEND, s3_bucket.url, stdout=subprocess.PIPE
        )
        assert began.stdout is not None
        offset_bytes = int(await began.stdout.readline())
        assert await began.stdout.readline() == b"waiting\n"
        began.kill()
        await began.wait()
        async with opened(s3_bucket) as store:
            assert await appended(store, offset_bytes, b"the end") == offset_bytes + 7
        whole = b"".join(bytes([index]) * 2**18 for index in range(48)) + b"the end"
        async with opened(s3_bucket) as store:
            upload = await store.seal("upload-1", len(whole))
            assert upload.digest == digest_of(whole)
            await store.publish(upload, BlobKey(digest=upload.digest, generation="g1"))
            assert await content_of(store, BlobKey(digest=upload.digest, generation="g1"), len(whole)) == whole

    async def test_what_was_appended_by_one_instance_is_joined_by_another(self, s3_bucket: S3Bucket) -> None:
        async with opened(s3_bucket) as first, opened(s3_bucket) as second:
            assert await appended(first, 0, CONTENT[:PART]) == PART
            assert await appended(second, PART, CONTENT[PART:]) == len(CONTENT)
            assert s3_bucket.objects() == [segment(start) for start in (0, PART, 2 * PART)]
            assert (await first.seal("upload-1", len(CONTENT))).digest == digest_of(CONTENT)
            assert s3_bucket.objects() == [segment(0)]
            assert (await second.seal("upload-1", len(CONTENT))).digest == digest_of(CONTENT)
            assert await appended(second, len(CONTENT), b"") == len(CONTENT)

    async def test_a_join_that_stopped_before_its_leftovers_went_is_repeated(self, s3_bucket: S3Bucket) -> None:
        async with opened(s3_bucket) as store:
            await appended(store, 0, CONTENT)
            await store.seal("upload-1", len(CONTENT))
            path = f"/{s3_bucket.url.removeprefix('s3://')}/{segment(PART)}"
            assert s3_bucket.server.request("PUT", path)[0] == 200
            assert (await store.seal("upload-1", len(CONTENT))).digest == digest_of(CONTENT)
            assert s3_bucket.objects() == [segment(0)]

    async def test_what_is_too_large_to_copy_stays_in_segments_until_it_is_published(self, s3_bucket: S3Bucket) -> None:
        async with opened(s3_bucket, copy_bytes=PART) as store:
            await appended(store, 0, CONTENT)
            await appended(store, len(CONTENT), b"of no account")
            upload = await store.seal("upload-1", len(CONTENT))
            assert len(s3_bucket.objects()) == 3
            key = BlobKey(digest=upload.digest, generation="g1")
            await store.publish(upload, key)
            assert await content_of(store, key, len(CONTENT)) == CONTENT
            assert s3_bucket.objects() == [place(key)]

    async def test_a_sealed_upload_can_be_cut_and_continued(self, s3_bucket: S3Bucket) -> None:
        async with opened(s3_bucket) as store:
            await appended(store, 0, CONTENT)
            await store.seal("upload-1", len(CONTENT))
            assert await appended(store, PART + 7, b"the end") == PART + 14
            assert (await store.seal("upload-1", PART + 14)).digest == digest_of(CONTENT[: PART + 7] + b"the end")

    @pytest.mark.parametrize("late", [b"late", b"in time"])
    async def test_a_writer_whose_time_was_over_never_replaces_a_segment(
        self, s3_bucket: S3Bucket, late: bytes
    ) -> None:
        has_begun, is_written = asyncio.Event(), asyncio.Event()

        async def held_up() -> AsyncIterator[bytes]:
            has_begun.set()
            await is_written.wait()
            yield late

        async with opened(s3_bucket) as store:
            writing = asyncio.create_task(store.append("upload-1", 0, held_up(), limit_bytes=100))
            await has_begun.wait()
            assert await appended(store, 0, b"in time") == 7
            is_written.set()
            if late == b"in time":  # or a retry of the same request
                assert await writing == 7
            else:
                with pytest.raises(StorageUnavailable, match="another request writes to the same upload"):
                    await writing
            assert (await store.seal("upload-1", 7)).digest == digest_of(b"in time")


class TestEnds:
    async def test_a_cancelled_upload_of_many_parts_is_aborted_in_the_store(self, s3_bucket: S3Bucket) -> None:
        waits = asyncio.Event()

        async def stalled() -> AsyncIterator[bytes]:
            async for piece in stream(CONTENT):
                yield piece
            waits.set()
            await asyncio.Event().wait()

        async with opened(s3_bucket) as store:
            upload = asyncio.create_task(store.stage(stalled(), limit_bytes=2**40))
            await waits.wait()
            while not await asyncio.to_thread(s3_bucket.unfinished):
                pass
            upload.cancel()
            with pytest.raises(asyncio.CancelledError):
                await upload
            assert (s3_bucket.objects(), s3_bucket.unfinished()) == ([], [])

    async def test_a_signed_address_gives_the_bytes_to_anyone(self, s3_bucket: S3Bucket) -> None:
        async with opened(s3_bucket) as store:
            key = await published(store, b"content")
            url = await store.signed_url(key, 60)
            assert url is not None
            assert url.startswith(f"http://{s3_bucket.server.host}/")

            def fetch() -> bytes:
                with urllib.request.urlopen(url) as answer:  # noqa: S310  # it begins with http://
                    content: bytes = answer.read()
                    return content

            assert await asyncio.to_thread(fetch) == b"content"


class TestMemory:
    async def test_a_large_file_passes_through_little_of_it(self, s3_bucket: S3Bucket) -> None:
        size_bytes = 64 * MIB

        async def pieces() -> AsyncIterator[bytes]:
            for index in range(4 * 64):
                yield bytes([index]) * (MIB // 4)

        async with opened(s3_bucket) as store:
            tracemalloc.start()
            try:
                upload = await store.stage(pieces(), limit_bytes=size_bytes)
                _, staging_peak_bytes = tracemalloc.get_traced_memory()
                key = BlobKey(digest=upload.digest, generation="g1")
                await store.publish(upload, key)
                tracemalloc.reset_peak()
                assert sum([len(piece) async for piece in store.read(key, 0, size_bytes)]) == size_bytes
                _, reading_peak_bytes = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        assert staging_peak_bytes < size_bytes / 2
        assert reading_peak_bytes < size_bytes / 2


class TestSettings:
    async def test_an_endpoint_without_tls_has_to_be_allowed(self, s3_bucket: S3Bucket) -> None:
        with pytest.raises(StorageUnavailable, match="AWS_ENDPOINT_URL names an endpoint without TLS") as refusal:
            object_blob_store(s3_bucket.url)
        assert "MODELYARD_BLOB_STORE_ALLOW_HTTP" in refusal.value.hint

    def test_missing_credentials_are_named_without_a_value(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "canary")
        monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
        with pytest.raises(StorageUnavailable, match="MissingAccount") as refusal:
            object_blob_store("az://models")
        assert "canary" not in str(refusal.value)

    def test_the_client_is_imported_only_where_a_setting_asks_for_it(self, tmp_path: Path) -> None:
        code = (
            "import sys, pathlib\nfrom modelyard.bootstrap.container import build_context\n"
            "from modelyard.bootstrap.settings import Settings\n"
            "build_context(Settings(data_dir=pathlib.Path(sys.argv[1])))\nassert 'obstore' not in sys.modules"
        )
        subprocess.run((sys.executable, "-c", code, tmp_path), check=True)
