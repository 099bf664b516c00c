"""What the registry says when its disk or its database fails; everything else goes on."""

import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pysqlite3.dbapi2 as driver  # the library of the server: locks of another one in the same process do not count
import pytest

from modelyard.application.services.transfer import Transfer
from modelyard.bootstrap.container import build_context
from modelyard.bootstrap.settings import Settings
from modelyard.infrastructure.clock import SystemClock
from modelyard.infrastructure.database.sqlite import SqliteDatabase
from modelyard.presentation.api.app import create_api
from tests.api.in_process import ORIGIN
from tests.api.steps import FIRST, MODEL, add_version, digest_of, done, events_of, form, put_blob, refused

MIB = 2**20
LOST = b"lost" * 700_000
KEPT = b"kept"


def stored_file(data_dir: Path, content: bytes) -> Path:
    [path] = (data_dir / "blobs" / "sha256").rglob(f"{digest_of(content).removeprefix('sha256:')}*")
    return path


@contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """No file of this process grows further, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestLostBlobs:
    @pytest.mark.parametrize("left_bytes", [None, 0, 1000, len(LOST) - 1])
    async def test_a_file_that_was_removed_or_cut_short_is_an_error_before_the_answer_begins(
        self, api: httpx.AsyncClient, data_dir: Path, left_bytes: int | None
    ) -> None:
        await add_version(api, files={"a-kept": KEPT, "lost": LOST})
        path = stored_file(data_dir, LOST)
        path.write_bytes(LOST[:left_bytes]) if left_bytes is not None else path.unlink()
        for address in (f"{FIRST}/files/lost", f"{FIRST}/archive?format=tar", f"{FIRST}/archive?format=zip"):
            response = await api.get(address)
            problem = refused(response, 500, "blob-lost")
            assert problem["hint"]
            assert "content-disposition" not in response.headers
            assert str(data_dir) not in response.text
        assert (await api.get(f"{FIRST}/files/a-kept")).content == KEPT
        assert done(await api.get(FIRST))["file_count"] == 2

    async def test_a_range_before_the_cut_is_still_served(self, api: httpx.AsyncClient, data_dir: Path) -> None:
        await add_version(api, files={"lost": LOST})
        stored_file(data_dir, LOST).write_bytes(LOST[:1000])
        response = await api.get(f"{FIRST}/files/lost", headers={"Range": "bytes=0-999"})
        assert (response.status_code, response.content) == (206, LOST[:1000])


class TestStoreUnavailable:
    async def test_it_is_said_with_503_and_ends_by_itself(self, api: httpx.AsyncClient, data_dir: Path) -> None:
        await add_version(api, files={"a": KEPT})
        (data_dir / "blobs").rename(data_dir / "gone")
        before = await events_of(api)
        for response in (
            await api.get(f"{FIRST}/files/a"),
            await api.get(f"{FIRST}/archive"),
            await api.put(f"/blobs/{digest_of(b'new')}", content=b"new"),
            await api.post(f"{MODEL}/versions", files=form({"a": b"new"})),
            await api.get(f"{ORIGIN}/ready"),
        ):
            refused(response, 503, "storage-unavailable")
            assert response.headers["retry-after"] == "1"
        assert done(await api.get(FIRST))["number"] == 1
        assert done(await api.get(f"{ORIGIN}/health"))["status"] == "ok"
        assert await events_of(api) == before
        (data_dir / "gone").rename(data_dir / "blobs")
        assert (await api.get(f"{FIRST}/files/a")).content == KEPT
        await put_blob(api, b"new")
        done(await api.get(f"{ORIGIN}/ready"))


class TestDiskFull:
    async def test_it_is_said_with_507_and_nothing_is_registered(self, api: httpx.AsyncClient, data_dir: Path) -> None:
        await add_version(api, files={"a": KEPT})
        before = await events_of(api)
        content = b"x" * (9 * MIB)
        with largest_file(8 * MIB):
            for response in (
                await api.put(f"/blobs/{digest_of(content)}", content=content),
                await api.post(f"{MODEL}/versions", files=form({"small": b"y", "large": content})),
                await api.post("/models/new/versions?create_model=true", files=form({"large": content})),
            ):
                assert refused(response, 507, "storage-full")["hint"]
            assert (await api.get(f"{FIRST}/files/a")).content == KEPT
        assert await events_of(api) == before
        assert done(await api.get(MODEL))["latest_version"] == 1
        refused(await api.get("/models/new"), 404, "model-not-found")
        assert not list((data_dir / "blobs" / "staging").iterdir())
        assert (await add_version(api, files={"large": content}))["number"] == 2

    async def test_a_resumable_upload_goes_on_when_there_is_space_again(self, api: httpx.AsyncClient) -> None:
        content = b"x" * (9 * MIB)
        begun = await api.post("/uploads", json={"size_bytes": len(content)})
        upload = begun.headers["location"].removeprefix("/api/v1")
        first = await api.patch(upload, content=content[:MIB], headers={"Upload-Offset": "0"})
        with largest_file(8 * MIB):
            response = await api.patch(upload, content=content[MIB:], headers={"Upload-Offset": str(MIB)})
            refused(response, 507, "storage-full")
        offset = (await api.head(upload)).headers["upload-offset"]
        assert offset == first.headers["upload-offset"]
        await api.patch(upload, content=content[MIB:], headers={"Upload-Offset": offset})
        assert done(await api.put(upload))["digest"] == digest_of(content)


class TestSqliteLocked:
    @pytest.fixture
    def database_url(self) -> str:
        return ""

    @pytest.fixture
    async def impatient(self, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
        """The API on a database that waits for a lock for a tenth of a second instead of five."""
        context = build_context(settings)
        database = SqliteDatabase(settings.database_url, SystemClock(), busy_timeout_ms=100)
        transfer = Transfer(database, context.blob_store, context.transfer._limits)
        await database.open()
        await context.blob_store.open()
        app = create_api(replace(context, database=database, transfer=transfer))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{ORIGIN}/api/v1") as client:
            yield client
        await context.blob_store.close()
        await database.close()

    async def test_changes_are_answered_with_503_and_reads_go_on(
        self, impatient: httpx.AsyncClient, data_dir: Path
    ) -> None:
        await add_version(impatient)
        other = driver.connect(data_dir / "registry.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for response in (
            await impatient.post("/models", json={"name": "new"}),
            await impatient.post(f"{MODEL}/versions", files=form({"a": b"new"})),
            await impatient.get(f"{ORIGIN}/ready"),
        ):
            refused(response, 503, "database-unavailable")
            assert response.headers["retry-after"] == "1"
        assert done(await impatient.get(FIRST))["number"] == 1
        other.execute("ROLLBACK")
        other.close()
        done(await impatient.post("/models", json={"name": "new"}))
