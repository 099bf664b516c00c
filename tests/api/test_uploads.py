import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from modelyard.bootstrap.settings import Settings
from tests.api.steps import FILES, digest_of, done, pointers, put_blob, refused

CONTENT = bytes(range(256)) * 1000
DIGEST = digest_of(CONTENT)


async def begin(api: httpx.AsyncClient, size_bytes: int = len(CONTENT), **fields: object) -> str:
    """The address of a new upload."""
    response = await api.post("/uploads", json={"size_bytes": size_bytes, **fields})
    assert response.status_code == 201
    return response.headers["location"].removeprefix("/api/v1")


async def send(api: httpx.AsyncClient, upload: str, offset: int, content: bytes) -> httpx.Response:
    return await api.patch(upload, content=content, headers={"Upload-Offset": str(offset)})


class TestBlobs:
    async def test_a_blob_is_stored_once(self, api: httpx.AsyncClient) -> None:
        first = await api.put(f"/blobs/{DIGEST}", content=CONTENT)
        assert (first.status_code, first.json()) == (201, {"digest": DIGEST, "size_bytes": len(CONTENT)})
        again = await api.put(f"/blobs/{DIGEST}", content=CONTENT)
        assert (again.status_code, again.json()) == (200, first.json())

    async def test_other_bytes_are_refused_and_not_kept(self, api: httpx.AsyncClient) -> None:
        problem = refused(await api.put(f"/blobs/{DIGEST}", content=b"other"), 422, "digest-mismatch")
        assert (problem["expected"], problem["actual"]) == (DIGEST, digest_of(b"other"))
        wanted = [DIGEST, digest_of(b"other")]
        assert done(await api.post("/blobs/missing", json={"digests": wanted})) == {"missing": wanted}

    async def test_what_is_missing_is_told_in_order_and_once(self, api: httpx.AsyncClient) -> None:
        here = await put_blob(api, CONTENT)
        b, a = digest_of(b"b"), digest_of(b"a")
        assert done(await api.post("/blobs/missing", json={"digests": [b, here, a, b]})) == {"missing": [b, a]}
        assert done(await api.post("/blobs/missing", json={"digests": []})) == {"missing": []}

    @pytest.mark.parametrize("digest", ["missing", "sha256:", "sha256:" + "A" * 64, "md5:" + "a" * 32, DIGEST + "0"])
    async def test_what_is_no_digest_is_refused(self, api: httpx.AsyncClient, digest: str) -> None:
        assert pointers(refused(await api.put(f"/blobs/{digest}", content=b""), 422, "invalid-input")) == ["digest"]
        response = await api.post("/blobs/missing", json={"digests": [DIGEST, digest]})
        assert pointers(refused(response, 422, "invalid-input")) == ["/digests/1"]
        response = await api.post("/uploads", json={"size_bytes": 1, "digest": digest})
        assert pointers(refused(response, 422, "invalid-input")) == ["/digest"]

    async def test_the_empty_blob(self, api: httpx.AsyncClient) -> None:
        response = await api.put(f"/blobs/{digest_of(b'')}", content=b"")
        assert (response.status_code, response.json()["size_bytes"]) == (201, 0)


class TestResumableUploads:
    async def test_an_upload_grows_piece_by_piece(self, api: httpx.AsyncClient) -> None:
        upload = await begin(api)
        for start in range(0, len(CONTENT), 100_000):
            head = await api.head(upload)
            assert (head.headers["upload-offset"], head.headers["upload-length"]) == (str(start), str(len(CONTENT)))
            assert head.headers["cache-control"] == "no-store"
            response = await send(api, upload, start, CONTENT[start : start + 100_000])
            assert response.status_code == 204
        finished = await api.put(upload, params={"digest": DIGEST})
        assert (finished.status_code, finished.json()) == (201, {"digest": DIGEST, "size_bytes": len(CONTENT)})
        assert done(await api.post("/blobs/missing", json={"digests": [DIGEST]})) == {"missing": []}
        assert (await api.head(upload)).status_code == 404

    async def test_it_is_described_when_it_begins(self, api: httpx.AsyncClient) -> None:
        response = await api.post("/uploads", json={"size_bytes": 7, "digest": DIGEST})
        upload = response.json()
        assert response.headers["location"] == f"/api/v1/uploads/{upload['id']}"
        assert (upload["size_bytes"], upload["offset_bytes"], upload["digest"]) == (7, 0, DIGEST)
        assert upload["expires_at"] > upload["created_at"]

    async def test_a_wrong_offset_is_refused_with_the_right_one(self, api: httpx.AsyncClient) -> None:
        upload = await begin(api)
        await send(api, upload, 0, CONTENT[:1000])
        for offset in (0, 999, 1001, len(CONTENT)):
            response = await send(api, upload, offset, b"x")
            assert refused(response, 409, "offset-conflict")["offset_bytes"] == 1000
            assert response.headers["upload-offset"] == "1000"
        await send(api, upload, 1000, CONTENT[1000:])
        assert done(await api.put(upload))["digest"] == DIGEST

    @pytest.mark.parametrize("offset", ["", "-1", "1.0", "0x1", "+0", " ", "\uff11", "9" * 16, None])
    async def test_an_offset_must_be_said(self, api: httpx.AsyncClient, offset: str | None) -> None:
        upload = await begin(api)
        headers = {} if offset is None else {"Upload-Offset": offset.encode()}
        refused(await api.patch(upload, content=b"x", headers=headers), 400, "malformed-request")  # type: ignore[arg-type]

    async def test_more_than_announced_is_refused_and_what_was_durable_stays(self, api: httpx.AsyncClient) -> None:
        upload = await begin(api, size_bytes=10)
        await send(api, upload, 0, b"12345")
        refused(await send(api, upload, 5, b"678901"), 413, "too-large")
        assert (await api.head(upload)).headers["upload-offset"] == "5"
        await send(api, upload, 5, b"67890")
        assert done(await api.put(upload))["digest"] == digest_of(b"1234567890")

    async def test_one_that_is_not_complete_cannot_be_ended(self, api: httpx.AsyncClient) -> None:
        upload = await begin(api)
        await send(api, upload, 0, CONTENT[:1000])
        problem = refused(await api.put(upload), 409, "upload-incomplete")
        assert (problem["offset_bytes"], problem["size_bytes"]) == (1000, len(CONTENT))

    async def test_other_bytes_than_announced_are_refused(self, api: httpx.AsyncClient) -> None:
        for announced, wanted in (({"digest": DIGEST}, {}), ({}, {"digest": DIGEST})):
            upload = await begin(api, size_bytes=5, **announced)
            await send(api, upload, 0, b"other")
            refused(await api.put(upload, params=wanted), 422, "digest-mismatch")
        assert done(await api.post("/blobs/missing", json={"digests": [DIGEST]}))["missing"] == [DIGEST]

    async def test_another_digest_at_the_end_than_at_the_beginning_is_refused(self, api: httpx.AsyncClient) -> None:
        upload = await begin(api, size_bytes=0, digest=DIGEST)
        response = await api.put(upload, params={"digest": digest_of(b"")})
        assert pointers(refused(response, 422, "invalid-input")) == ["digest"]

    async def test_an_empty_one_needs_no_bytes(self, api: httpx.AsyncClient) -> None:
        assert done(await api.put(await begin(api, size_bytes=0)))["size_bytes"] == 0

    async def test_bytes_come_by_patch_alone(self, api: httpx.AsyncClient) -> None:
        refused(await api.put(await begin(api), content=CONTENT), 400, "malformed-request")

    async def test_an_abandoned_one_is_gone(self, api: httpx.AsyncClient) -> None:
        upload = await begin(api)
        await send(api, upload, 0, CONTENT[:1000])
        assert (await api.delete(upload)).status_code == 204
        for response in (await api.delete(upload), await api.put(upload), await send(api, upload, 1000, b"x")):
            refused(response, 404, "upload-not-found")

    async def test_while_one_request_writes_others_are_refused(self, api: httpx.AsyncClient) -> None:
        upload = await begin(api)
        is_writing, may_end = asyncio.Event(), asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield CONTENT[:10]
            is_writing.set()
            await may_end.wait()

        first = asyncio.create_task(api.patch(upload, content=slow(), headers={"Upload-Offset": "0"}))
        await is_writing.wait()
        for response in (await send(api, upload, 0, b"x"), await api.put(upload), await api.delete(upload)):
            assert refused(response, 409, "upload-busy")["hint"]
        may_end.set()
        assert (await first).headers["upload-offset"] == "10"

    @pytest.mark.parametrize("size_bytes", [-1, 2**53, 1.5, "1", None, True])
    async def test_a_size_must_be_a_count_of_bytes(self, api: httpx.AsyncClient, size_bytes: object) -> None:
        response = await api.post("/uploads", json={"size_bytes": size_bytes})
        assert "/size_bytes" in pointers(refused(response, 422, "invalid-input")) or size_bytes == 2**53


class TestBounds:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, max_upload_bytes=1000)

    async def test_a_file_over_its_bound_is_refused_however_it_comes(self, api: httpx.AsyncClient) -> None:
        async def streamed() -> AsyncIterator[bytes]:
            for _ in range(11):
                yield b"x" * 100

        content = b"x" * 1100
        address = f"/blobs/{digest_of(content)}"
        for body in (content, streamed()):
            refused(await api.put(address, content=body), 413, "too-large")
        refused(await api.post("/uploads", json={"size_bytes": 1001}), 413, "too-large")
        response = await api.post("/models/churn/versions?create_model=true", files={"a": ("a", content)})
        refused(response, 413, "too-large")
        refused(await api.get("/models/churn"), 404, "model-not-found")
        assert len(FILES["model.joblib"]) < 1000
        await put_blob(api, FILES["model.joblib"])
