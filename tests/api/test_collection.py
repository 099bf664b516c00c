"""What a running server deletes by itself, and what the command says and does beside it and without it."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pysqlite3.dbapi2 as driver
import pytest
from typer.testing import CliRunner

from modelyard.__main__ import build_commands
from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from tests.api.in_process import Contract, client_of, lifespan_of
from tests.api.steps import FIRST, add_version, digest_of, done, put_blob
from tests.api.tampering import execute
from tests.integration.server_process import REAL, running

SHARED, OWN = b"shared" * 1000, b"own" * 1000


def gc(data_dir: Path, *options: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    result = CliRunner().invoke(build_commands(), ["gc", "--data-dir", str(data_dir), *options])
    return result.exit_code, result.stdout, result.stderr


def report(data_dir: Path, *options: str) -> dict[str, Any]:
    code, output, errors = gc(data_dir, "--json", *options)
    assert code == 0, errors
    document: dict[str, Any] = json.loads(output)
    return document


def end_leases(settings: Settings) -> None:
    """As if a day had gone by."""
    execute(settings, "UPDATE blobs SET lease_until_ms = 0")


def files(data_dir: Path) -> Iterator[Path]:
    return (path for path in (data_dir / "blobs").rglob("*") if path.is_file())


def used_bytes(data_dir: Path) -> int:
    return sum(path.stat().st_size for path in files(data_dir))


async def fill(api: httpx.AsyncClient) -> int:
    """Two versions that share a file, of which the first is deleted; the bytes that it says become free."""
    await add_version(api, files={"shared": SHARED, "own": OWN})
    await add_version(api, files={"shared": SHARED})
    freed: int = done(await api.delete(FIRST))["freed_bytes"]
    assert freed == len(OWN)
    return freed


@pytest.mark.usefixtures("commanded")
async def test_the_bytes_that_a_deletion_announced_are_free_after_the_lease(
    settings: Settings, contract: Contract, data_dir: Path
) -> None:
    app = create_app(settings)
    async with lifespan_of(app), client_of(app, contract) as api:
        freed_bytes = await fill(api)
    before = used_bytes(data_dir)

    def collect() -> None:
        assert report(data_dir, "--delete")["blobs"] == {"count": 0, "size_bytes": 0}
        end_leases(settings)
        assert report(data_dir)["blobs"] == {"count": 1, "size_bytes": freed_bytes}
        assert used_bytes(data_dir) == before
        deleted = report(data_dir, "--delete")
        assert (deleted["is_deleted"], deleted["size_bytes"]) == (True, freed_bytes)
        assert report(data_dir, "--delete")["size_bytes"] == 0

    await asyncio.to_thread(collect)

    assert used_bytes(data_dir) == before - freed_bytes
    assert [path.name.partition(".")[0] for path in files(data_dir)] == [digest_of(SHARED).removeprefix("sha256:")]
    app = create_app(settings)
    async with lifespan_of(app), client_of(app, contract) as api:
        assert (await api.get("/models/churn/versions/2/files/shared")).content == SHARED


class Told(logging.Handler):
    """Waits for what the server tells of its work."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: asyncio.Queue[str] = asyncio.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.put_nowait(record.getMessage())

    async def line(self) -> str:
        return await self._lines.get()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    logger, handler = logging.getLogger("modelyard.bootstrap.collection"), Told()
    monkeypatch.setattr(logger, "level", logging.INFO)
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


class TestServer:
    @pytest.fixture
    def settings(self, data_dir: Path, database_url: str) -> Settings:
        return Settings(data_dir=data_dir, database_url=database_url, gc_interval_seconds=1)

    async def test_it_collects_by_schedule_while_it_serves(
        self, api: httpx.AsyncClient, settings: Settings, data_dir: Path, told: Told
    ) -> None:
        freed_bytes = await fill(api)
        before = used_bytes(data_dir)
        end_leases(settings)

        assert await told.line() == f"deleted what nothing refers to: 1 blobs; {freed_bytes} bytes are free"

        assert used_bytes(data_dir) == before - freed_bytes
        assert (await api.get("/models/churn/versions/2/files/shared")).content == SHARED
        assert done(await api.post("/blobs/missing", json={"digests": [digest_of(OWN)]}))["missing"]
        await put_blob(api, OWN)


class TestCommand:
    def test_beside_a_running_server_it_only_looks(self, data_dir: Path) -> None:
        with running(REAL, data_dir) as server:
            assert server.get("/health")[0] == 200
            code, output, _ = gc(data_dir)
            assert (code, output.splitlines()[0]) == (0, "Would be deleted (do it with --delete):")
            code, _, errors = gc(data_dir, "--delete")
        assert code == 1
        assert f"process {server.process.pid}" in errors
        assert "MODELYARD_GC_INTERVAL_SECONDS" in errors

    def test_it_says_in_words_what_it_did(self, data_dir: Path) -> None:
        code, output, _ = gc(data_dir, "--delete")
        assert code == 0
        assert output.splitlines()[0] == "Deleted:"
        assert "0  files that no version refers to  0 B" in output
        assert output.endswith("0 B are free.\n")

    def test_it_makes_no_registry(self, tmp_path: Path) -> None:
        for options in ([], ["--delete"]):
            code, _, errors = gc(tmp_path / "nothing", *options)
            assert code == 1
            assert "no registry" in errors
        assert not (tmp_path / "nothing").exists()

    def test_it_migrates_nothing(self, data_dir: Path) -> None:
        with closing(driver.connect(data_dir / "registry.db", isolation_level=None)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0005'")
        code, _, errors = gc(data_dir, "--delete")
        assert code == 1
        assert "at 0005" in errors
        assert "db upgrade" in errors

    def test_a_file_that_resists_is_told_with_exit_code_1(self, data_dir: Path) -> None:
        report(data_dir)
        name = f"{digest_of(b'x').removeprefix('sha256:')}.1"
        stuck = data_dir / "blobs" / "sha256" / name[:2] / name
        stuck.mkdir()  # which no `unlink` removes
        with closing(driver.connect(data_dir / "registry.db", isolation_level=None)) as connection:
            connection.execute(
                "INSERT INTO blobs (digest, generation, state, size_bytes, lease_until_ms, created_at_ms, created_by)"
                " VALUES (?, '1', 'deleting', 1, 0, 0, 'ada')",
                (digest_of(b"x"),),
            )
        code, output, _ = gc(data_dir, "--delete")
        assert code == 1
        assert "1 files could not be deleted" in output
