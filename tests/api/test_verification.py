"""`modelyard verify` on the files of a registry, and what a server does with what was found damaged."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from modelyard.__main__ import build_commands
from modelyard.bootstrap.settings import Settings
from tests.api.steps import FIRST, MODEL, add_version, digest_of, done, put_blob, refused
from tests.api.tampering import execute
from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, running

WEIGHTS = bytes(range(256)) * 20_000
BITS = 1_000


def stored_file(data_dir: Path, content: bytes) -> Path:
    [path] = (data_dir / "blobs" / "sha256").rglob(f"{digest_of(content).removeprefix('sha256:')}*")
    return path


def flip_a_bit(path: Path, random_: random.Random) -> None:
    place = random_.randrange(path.stat().st_size)
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1 << random_.randrange(8)]))


def verify_at_once(data_dir: Path, *options: str) -> tuple[int, str]:
    """Exit code, and what stands on stdout and stderr."""
    result = CliRunner().invoke(build_commands(), ["verify", "--data-dir", str(data_dir), *options])
    return result.exit_code, result.output


async def verify(data_dir: Path, *options: str) -> tuple[int, str]:
    return await asyncio.to_thread(verify_at_once, data_dir, *options)


async def report(data_dir: Path, *options: str) -> dict[str, Any]:
    code, output = await verify(data_dir, "--json", *options)
    document: dict[str, Any] = json.loads(output)
    assert document["is_right"] == (code == 0)
    return document


@pytest.mark.usefixtures("commanded")
async def test_of_a_thousand_flipped_bits_each_is_found_and_its_file_named(
    api: httpx.AsyncClient, data_dir: Path
) -> None:
    contents = [f"file {number}".encode() * 10 for number in range(BITS + 10)]
    files = {f"part-{number}.bin": content for number, content in enumerate(contents)}
    await add_version(api, files=files)
    assert (await verify(data_dir))[0] == 0
    random_ = random.Random(2026)
    paths = {path.name.partition(".")[0]: path for path in (data_dir / "blobs" / "sha256").rglob("*.*")}
    for content in contents[:BITS]:
        flip_a_bit(paths[digest_of(content).removeprefix("sha256:")], random_)

    found = await report(data_dir)

    assert {finding["fault"] for finding in found["findings"]} == {"wrong-digest"}
    named = [use for finding in found["findings"] for use in finding["uses"]]
    assert sorted(use["path"] for use in named) == sorted(f"part-{number}.bin" for number in range(BITS))
    assert {(use["model"], use["version"]) for use in named} == {("churn", 1)}
    assert found["files"]["read"] == BITS + 10


@pytest.mark.usefixtures("commanded")
async def test_a_client_sees_flipped_bits_by_the_digest_that_comes_with_the_file(
    api: httpx.AsyncClient, data_dir: Path
) -> None:
    await add_version(api, files={"weights": WEIGHTS})
    flip_a_bit(stored_file(data_dir, WEIGHTS), random.Random(1))
    response = await api.get(f"{FIRST}/files/weights")
    assert response.headers["etag"] == f'"{digest_of(WEIGHTS)}"' != f'"{digest_of(response.content)}"'


@pytest.mark.usefixtures("commanded")
async def test_a_quarantined_file_is_never_sent_until_its_bytes_come_again(
    api: httpx.AsyncClient, data_dir: Path
) -> None:
    await add_version(api, files={"weights": WEIGHTS, "kept": b"kept"})
    flip_a_bit(stored_file(data_dir, WEIGHTS), random.Random(1))
    code, output = await verify(data_dir, "--quarantine")
    assert code == 1
    assert "    churn:1 weights\n    It is quarantined" in output

    for headers in ({}, {"Range": "bytes=0-9"}):
        problem = refused(await api.get(f"{FIRST}/files/weights", headers=headers), 500, "blob-lost")
        assert digest_of(WEIGHTS) in problem["hint"]
    for kind in ("zip", "tar"):
        refused(await api.get(f"{FIRST}/archive", params={"format": kind}), 500, "blob-lost")
    assert (await api.get(f"{FIRST}/files/kept")).content == b"kept"
    assert len(done(await api.get(f"{FIRST}/files"))["items"]) == 2
    manifest = {"files": [{"path": "a", "digest": digest_of(WEIGHTS), "size_bytes": len(WEIGHTS)}]}
    refused(await api.post(f"{MODEL}/versions", json=manifest), 409, "blobs-missing")

    await put_blob(api, WEIGHTS)

    assert (await api.get(f"{FIRST}/files/weights")).content == WEIGHTS
    assert (await api.get(f"{FIRST}/archive", params={"format": "tar"})).status_code == 200
    assert done(await api.post(f"{MODEL}/versions", json=manifest))["number"] == 2
    assert (await report(data_dir))["findings"] == []


@pytest.mark.usefixtures("commanded")
async def test_the_history_is_proved_on_request(api: httpx.AsyncClient, settings: Settings, data_dir: Path) -> None:
    await add_version(api)
    code, output = await verify(data_dir, "--events")
    assert (code, output) == (0, "1 of 1 files read (20 B), 1 versions, 2 events: nothing is wrong.\n")
    execute(settings, "UPDATE events SET actor = 'eve' WHERE action = 'version.registered'")
    assert (await verify(data_dir))[0] == 0
    code, output = await verify(data_dir, "--events")
    assert code == 1
    assert output.startswith("broken-history: churn: event 2 was changed")
    assert output.endswith("2 events: 1 things are wrong.\n")


@pytest.mark.usefixtures("commanded")
async def test_a_part_is_read_on_request_and_the_unknown_is_told(api: httpx.AsyncClient, data_dir: Path) -> None:
    await add_version(api, files={"a": b"1", "b": b"22", "c": b"333"})
    stored_file(data_dir, b"1").with_name(stored_file(data_dir, b"1").name + "-of-a-crash").write_bytes(b"1")
    code, output = await verify(data_dir, "--sample", "2")
    assert (code, output.splitlines()[0][:37]) == (0, "1 files are unknown to the database; ")
    assert "2 of 3 files read" in output
    assert (await report(data_dir, "--budget", "3 B"))["files"]["read_bytes"] in {1, 2, 3}


def test_it_runs_beside_a_server_and_changes_nothing(data_dir: Path) -> None:
    with running(REAL, data_dir) as server:
        httpx.post(
            f"{server.url}/api/v1/models/churn/versions?create_model=true",
            files={"file": ("a", b"1")},
            timeout=PATIENCE_SECONDS,
        ).raise_for_status()
        code, output = verify_at_once(data_dir, "--events")
        assert (code, server.get("/ready")[0]) == (0, 200), output
        flip_a_bit(stored_file(data_dir, b"1"), random.Random(1))
        assert verify_at_once(data_dir, "--quarantine")[0] == 1
        assert server.get("/api/v1/models/churn/versions/1/files/a")[0] == 500


def test_it_makes_no_registry(tmp_path: Path) -> None:
    code, output = verify_at_once(tmp_path / "nothing")
    assert code == 1
    assert "no registry" in output
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("options", [("--sample", "-1"), ("--budget", "many"), ("--budget", "0 B")])
def test_a_wrong_option_ends_with_2(data_dir: Path, options: tuple[str, str]) -> None:
    assert verify_at_once(data_dir, *options)[0] == 2


@pytest.mark.usefixtures("commanded")
async def test_a_small_file_that_was_just_sent_is_not_sent_from_memory_once_it_is_quarantined_or_gone(
    api: httpx.AsyncClient, data_dir: Path
) -> None:
    await add_version(api, files={"damaged.bin": b"a small file", "deleted.bin": b"another"})
    await add_version(api, files={"deleted.bin": b"another"})
    damaged, deleted = f"{FIRST}/files/damaged.bin", f"{MODEL}/versions/2/files/deleted.bin"
    for _ in range(3):  # by now both are in memory
        assert (await api.get(damaged)).content == b"a small file"
        assert (await api.get(deleted)).content == b"another"

    flip_a_bit(stored_file(data_dir, b"a small file"), random.Random(2026))
    await verify(data_dir, "--quarantine")
    done_with = await api.delete(f"{MODEL}/versions/2")

    assert done_with.status_code in {200, 204}
    refused(await api.get(damaged), 500, "blob-lost")
    refused(await api.get(deleted), 404, "version-not-found")
