"""The registry over HTTP with its files in S3: in process, held against OpenAPI, and as it is shipped."""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from modelyard.bootstrap.settings import Settings
from tests.api.steps import FIRST, add_model, add_version, digest_of, done, form, put_blob, refused
from tests.integration.server_process import REAL, ServerProcess, run_to_end, running
from tests.servers.proxy import answering, proxy_to
from tests.servers.seaweedfs import S3Bucket

CONTENT = bytes(range(256)) * 30_000
PATH = f"{FIRST}/files/weights/model.bin"


@pytest.fixture(params=[False, True], ids=["streamed", "redirected"])
def is_redirected(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def settings(data_dir: Path, s3_bucket: S3Bucket, is_redirected: bool) -> Settings:
    return Settings(
        data_dir=data_dir,
        blob_store_url=s3_bucket.url,
        blob_store_allow_http=True,
        download_redirect=is_redirected,
    )


@contextlib.contextmanager
def served(data_dir: Path, bucket: S3Bucket, **variables: str) -> Iterator[tuple[ServerProcess, httpx.Client]]:
    with (
        running(REAL, data_dir, **bucket.environment(), **variables) as server,
        httpx.Client(base_url=f"{server.url}/api/v1", timeout=60) as client,
    ):
        yield server, client


class TestInProcess:
    async def test_the_server_is_ready(self, api: httpx.AsyncClient) -> None:
        assert (await api.get("http://127.0.0.1/ready")).status_code == 200

    async def test_uploads_are_kept_once(self, api: httpx.AsyncClient, s3_bucket: S3Bucket) -> None:
        digest = await put_blob(api, CONTENT)
        await put_blob(api, CONTENT)
        await add_model(api)
        file = {"path": "model.bin", "digest": digest, "size_bytes": len(CONTENT)}
        assert done(await api.post("/models/churn/versions", json={"files": [file]}))["files"][0]["digest"] == digest
        assert len(s3_bucket.objects()) == 1

    async def test_wrong_bytes_are_refused_and_leave_nothing(self, api: httpx.AsyncClient, s3_bucket: S3Bucket) -> None:
        refused(await api.put(f"/blobs/{digest_of(b'other')}", content=CONTENT), 422, "digest-mismatch")
        assert s3_bucket.objects() == []

    async def test_an_archive_is_always_streamed(self, api: httpx.AsyncClient) -> None:
        await add_version(api, files={"weights/model.bin": CONTENT})
        archive = await api.get(f"{FIRST}/archive", params={"format": "tar"})
        assert (archive.status_code, CONTENT in archive.content) == (200, True)


class TestStreaming:
    @pytest.fixture
    def is_redirected(self) -> bool:
        return False

    async def test_a_file_comes_whole_or_in_ranges(self, api: httpx.AsyncClient) -> None:
        await add_version(api, files={"weights/model.bin": CONTENT, "empty": b""})
        assert (await api.get(PATH)).content == CONTENT
        part = await api.get(PATH, headers={"Range": "bytes=5000000-6000000"})
        assert (part.status_code, part.content == CONTENT[5_000_000:6_000_001]) == (206, True)
        assert (await api.get(f"{FIRST}/files/empty")).content == b""


class TestRedirecting:
    @pytest.fixture
    def is_redirected(self) -> bool:
        return True

    @pytest.fixture(autouse=True)
    async def _a_version(self, api: httpx.AsyncClient) -> None:
        await add_version(api, files={"weights/model.bin": CONTENT, "empty": b""})

    async def test_a_download_is_sent_to_the_store(self, api: httpx.AsyncClient, s3_bucket: S3Bucket) -> None:
        answer = await api.get(PATH)
        assert (answer.status_code, answer.content) == (307, b"")
        assert answer.headers["location"].startswith(f"http://{s3_bucket.server.host}/")
        assert "X-Amz-Expires=300" in answer.headers["location"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["etag"] == f'"{digest_of(CONTENT)}"'
        assert answer.headers["repr-digest"].startswith("sha-256=:")
        async with httpx.AsyncClient() as anyone:
            assert (await anyone.get(answer.headers["location"])).content == CONTENT
            part = await anyone.get(answer.headers["location"], headers={"Range": "bytes=1-3"})
            assert (part.status_code, part.content) == (206, CONTENT[1:4])

    async def test_head_and_what_needs_no_bytes_are_answered_here(self, api: httpx.AsyncClient) -> None:
        assert (await api.head(PATH)).headers["content-length"] == str(len(CONTENT))
        assert (await api.get(PATH, headers={"If-None-Match": f'"{digest_of(CONTENT)}"'})).status_code == 304
        assert (await api.get(f"{FIRST}/files/empty")).status_code == 200
        refused(await api.get(PATH, headers={"Range": "bytes=90000000-"}), 416, "range-not-satisfiable")

    async def test_a_range_on_a_condition_is_streamed(self, api: httpx.AsyncClient) -> None:
        """The store would hold If-Range against an ETag of its own, and send the whole file."""
        headers = {"Range": "bytes=1-3", "If-Range": f'"{digest_of(CONTENT)}"'}
        part = await api.get(PATH, headers=headers)
        assert (part.status_code, part.content) == (206, CONTENT[1:4])


class TestAProcess:
    def test_a_killed_server_loses_nothing_of_a_resumable_upload(self, data_dir: Path, s3_bucket: S3Bucket) -> None:
        half = len(CONTENT) // 2
        with served(data_dir, s3_bucket) as (server, client):
            upload = done(client.post("/uploads", json={"size_bytes": len(CONTENT)}))["id"]
            sent = client.patch(f"/uploads/{upload}", content=CONTENT[:half], headers={"Upload-Offset": "0"})
            assert sent.headers["upload-offset"] == str(half)
            server.process.kill()
            server.process.wait()
        with served(data_dir, s3_bucket) as (_, client):
            assert client.head(f"/uploads/{upload}").headers["upload-offset"] == str(half)
            client.patch(f"/uploads/{upload}", content=CONTENT[half:], headers={"Upload-Offset": str(half)})
            kept = done(client.put(f"/uploads/{upload}"))
            assert kept["digest"] == digest_of(CONTENT)
        assert len(s3_bucket.objects()) == 1

    def test_a_client_that_follows_redirects_gets_every_byte(self, data_dir: Path, s3_bucket: S3Bucket) -> None:
        with served(data_dir, s3_bucket, MODELYARD_DOWNLOAD_REDIRECT="true") as (_, client):
            done(client.post("/models/churn/versions?create_model=true", files=form({"model.bin": CONTENT})))
            answer = client.get(f"{FIRST}/files/model.bin", follow_redirects=True)
            assert hashlib.sha256(answer.content).hexdigest() == hashlib.sha256(CONTENT).hexdigest()

    async def test_a_store_that_dies_is_a_503_and_comes_back_without_a_restart(
        self, data_dir: Path, s3_bucket: S3Bucket
    ) -> None:
        async with proxy_to(s3_bucket.server.host) as proxy:
            variables = s3_bucket.environment(proxy.host)
            with running(REAL, data_dir, **variables) as server:
                async with httpx.AsyncClient(base_url=f"{server.url}/api/v1", timeout=60) as client:
                    await put_blob(client, CONTENT)
                    proxy.reply = answering(503)
                    problem = refused(
                        await client.put(f"/blobs/{digest_of(b'new')}", content=b"new"), 503, "storage-unavailable"
                    )
                    assert problem["detail"] == "the object store failed (503 SlowDown)"
                    assert "retry-after" in (await client.get(f"{server.url}/ready")).headers
                    proxy.heal()
                    await put_blob(client, b"new")
                _, errors = server.stop()
        assert s3_bucket.server.secret_key not in errors
        assert "the object store failed (503 SlowDown)" in errors

    def test_a_store_that_cannot_be_used_ends_the_start_with_a_reason(
        self, data_dir: Path, s3_bucket: S3Bucket
    ) -> None:
        variables = s3_bucket.environment() | {"MODELYARD_BLOB_STORE_ALLOW_HTTP": "false"}
        status, errors = run_to_end(REAL, data_dir, **variables)
        assert status == 1
        assert "AWS_ENDPOINT_URL names an endpoint without TLS" in errors
        assert "Traceback" not in errors
