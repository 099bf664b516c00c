"""A registry that is backed up while it serves, and comes back whole on other databases and stores."""

import asyncio
import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from modelyard.__main__ import build_commands
from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from tests.api.in_process import Contract, client_of, lifespan_of
from tests.api.steps import FIRST, add_version, done, move
from tests.api.test_verification import flip_a_bit, stored_file
from tests.postgresql_server import Databases
from tests.servers.seaweedfs import S3Bucket

WEIGHTS = bytes(range(256)) * 1000
VARIABLES = {"MODELYARD_BLOB_STORE_ALLOW_HTTP": "true"}
SHOWN = (
    "/models?sort=name",
    "/versions?sort=created_at,-model",
    "/models/churn/versions/1",
    "/models/churn/versions/@champion",
    "/models/churn/versions/1/metrics",
    "/models/churn/aliases",
    "/events?sort=sequence&limit=500",
)


async def run(settings: Settings, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a command on the registry of the settings."""
    variables = {
        **VARIABLES,
        "MODELYARD_DATA_DIR": str(settings.data_dir),
        "MODELYARD_DATABASE_URL": settings.database_url,
        "MODELYARD_BLOB_STORE_URL": settings.blob_store_url or None,
    }
    result = await asyncio.to_thread(CliRunner().invoke, build_commands(), list(arguments), env=variables)
    return result.exit_code, result.stdout


async def report(settings: Settings, *arguments: str) -> dict[str, Any]:
    code, output = await run(settings, *arguments, "--json")
    assert code == 0, output
    document: dict[str, Any] = json.loads(output)
    return document


async def fill(api: httpx.AsyncClient) -> None:
    await add_version(api, files={"weights": WEIGHTS, "größe/π.txt": "π".encode()}, tags={"team": "risk 🙂"})
    await add_version(api, files={"weights": WEIGHTS})
    await add_version(api, model="fraud", params={"rate": 5.0, "tiny": 5e-324}, metadata={"a": [1, None, {"b": 0.1}]})
    metrics = [{"name": "auc", "value": value, "step": step} for step, value in enumerate((0.1 + 0.2, 1e-300, 7))]
    done(await api.post(f"{FIRST}/metrics", json={"metrics": metrics}))
    done(await api.put("/models/churn/aliases/champion", json={"version": 1}))
    await move(api, 1, "staging", "production")
    done(await api.delete("/models/churn/versions/2"))


async def shown(api: httpx.AsyncClient) -> Mapping[str, object]:
    answers: dict[str, object] = {address: done(await api.get(address)) for address in SHOWN}
    answers["file"] = (await api.get(f"{FIRST}/files/weights")).content
    return answers


async def what_is_served(settings: Settings, contract: Contract) -> Mapping[str, object]:
    app = create_app(settings)
    async with lifespan_of(app), client_of(app, contract) as api:
        answers = await shown(api)
        assert (await add_version(api))["number"] == 3  # numbering goes on where it was
        return answers


@pytest.fixture
def folder(tmp_path: Path) -> Settings:
    """A registry that is not there yet: SQLite and a folder."""
    return Settings(data_dir=tmp_path / "target")


@pytest.fixture
def cluster(postgresql: Databases, s3_bucket: S3Bucket, tmp_path: Path) -> Iterator[Settings]:
    """A registry that is not there yet: PostgreSQL and a bucket."""
    with postgresql.database() as url:
        yield Settings(
            data_dir=tmp_path / "unused", database_url=url, blob_store_url=s3_bucket.url, blob_store_allow_http=True
        )


@pytest.mark.parametrize("target", ["folder", "cluster"])
async def test_a_backup_of_a_running_server_comes_back_anywhere(
    request: pytest.FixtureRequest, settings: Settings, contract: Contract, tmp_path: Path, target: str
) -> None:
    backups = str(tmp_path / "backups")
    restored: Settings = request.getfixturevalue(target)
    app = create_app(settings)
    async with lifespan_of(app), client_of(app, contract) as api:
        await fill(api)
        before = await shown(api)
        first = await report(settings, "backup", backups)
        await add_version(api, files={"more": b"more"})
        second = await report(settings, "backup", backups)
    assert first["is_whole"]
    assert (second["files"]["copied"], second["files"]["copied_bytes"]) == (1, len(b"more"))

    await report(restored, "restore", backups, "--point", first["point"])

    assert await what_is_served(restored, contract) == before
    code, _ = await run(restored, "restore", backups)
    assert code == 1  # what is there is never overwritten
    assert (await run(restored, "verify", "--events"))[0] == 0


async def test_a_copy_goes_to_another_database_and_store_and_back(
    settings: Settings, folder: Settings, cluster: Settings, contract: Contract
) -> None:
    app = create_app(settings)
    async with lifespan_of(app), client_of(app, contract) as api:
        await fill(api)
        before = await shown(api)
    to_cluster = ("--to-database-url", cluster.database_url, "--to-blob-store-url", cluster.blob_store_url)

    await report(settings, "copy", *to_cluster)
    assert (await run(settings, "copy", *to_cluster))[0] == 0  # all of it is there: it is proved once more
    async with lifespan_of(app := create_app(settings)), client_of(app, contract) as api:
        await add_version(api, files={"more": b"more"})
    assert (await run(settings, "copy", *to_cluster))[0] == 1  # what is there is another registry now
    await report(cluster, "copy", "--to-data-dir", str(folder.data_dir))

    assert await what_is_served(folder, contract) == before
    assert await what_is_served(cluster, contract) == before


async def test_a_damaged_file_is_named_and_the_rest_is_kept(
    api: httpx.AsyncClient, settings: Settings, data_dir: Path, folder: Settings, tmp_path: Path
) -> None:
    await fill(api)
    flip_a_bit(stored_file(data_dir, WEIGHTS), random.Random(1))

    code, output = await run(settings, "backup", str(tmp_path / "backups"))

    assert code == 1
    assert "churn:1 weights" in output
    code, _ = await run(folder, "restore", str(tmp_path / "backups"))
    assert code == 1
    code, _ = await run(folder, "restore", str(tmp_path / "backups"), "--accept-damage")
    assert code == 1  # it is made, and what is missing is told
    assert (folder.data_dir / "registry.db").exists()


async def test_a_backup_that_was_changed_is_not_restored(
    api: httpx.AsyncClient, settings: Settings, folder: Settings, tmp_path: Path
) -> None:
    await fill(api)
    point = (await report(settings, "backup", str(tmp_path / "backups")))["point"]
    flip_a_bit(tmp_path / "backups" / point / "registry.db", random.Random(1))
    assert (await run(folder, "restore", str(tmp_path / "backups")))[0] == 1
    assert not (folder.data_dir / "registry.db").exists()


async def test_old_backups_go_with_the_files_that_only_they_name(
    api: httpx.AsyncClient, settings: Settings, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    await add_version(api, files={"old": b"old"})
    first = await report(settings, "backup", str(backups))
    done(await api.delete("/models/churn"))
    await add_version(api, files={"new": b"new"})

    second = await report(settings, "backup", str(backups), "--keep", "1")

    assert second["pruned"]["points"] == [first["point"]]
    assert sorted(path.name for path in backups.iterdir() if path.is_dir() and path.name != "blobs") == [
        second["point"]
    ]
