"""Backups, restores and copies that meet damage, writers, a collector, or their own sudden end."""

import asyncio
import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from modelyard.infrastructure.backups.folder import BackupFolder
from tests.api.in_process import Contract
from tests.api.places import Place, Places
from tests.api.steps import add_version, digest_of, done, form
from tests.api.tampering import execute
from tests.api.test_verification import flip_a_bit, stored_file
from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, environment, run_to_end, running

CONTENTS = {f"part-{number}.bin": f"file {number}".encode() * 5000 for number in range(60)}
MOMENT = 20
"""So many files are there when a command is killed; tests/faults kills at any moment."""


def files_in(folder: Path) -> int:
    """Whole files of a store in a folder."""
    return len(list((folder / "blobs" / "sha256").rglob("*.*"))) if folder.exists() else 0


def killed_when(is_time: Callable[[], bool], place: Place, *arguments: str) -> None:
    """Run a command as a program, and kill it as soon as it is time, unless it has ended before."""
    process = subprocess.Popen(
        (sys.executable, "-m", "modelyard", *arguments),
        cwd=place.settings.data_dir.parent,
        env=environment(place.settings.data_dir, place.variables),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not is_time():
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()


async def filled(places: Places, contract: Contract, kind: str = "sqlite+folder") -> Place:
    source = places.make("source", kind)
    async with source.served(contract) as api:
        await add_version(api, files=CONTENTS)
    return source


async def require_all(place: Place, contract: Contract) -> None:
    async with place.served(contract) as api:
        for name, content in CONTENTS.items():
            assert (await api.get(f"/models/churn/versions/1/files/{name}")).content == content


async def test_a_killed_backup_is_never_taken_for_one(places: Places, contract: Contract) -> None:
    source, folder = await filled(places, contract), places.folder / "backups"
    await asyncio.to_thread(
        killed_when, lambda: folder.exists() and files_in(folder) >= MOMENT, source, "backup", str(folder)
    )
    there = files_in(folder)
    for point in BackupFolder(folder).points():
        assert BackupFolder(folder).manifest(point).file_count == len(CONTENTS)
    made = await source.report("backup", str(folder))
    assert (made["files"]["present"], made["files"]["copied"]) == (there, len(CONTENTS) - there)
    assert not list(folder.glob("*.partial"))
    assert not list((folder / "blobs" / "staging").iterdir())
    target = places.make("target", "sqlite+folder", is_empty=True)
    await target.report("restore", str(folder))
    await require_all(target, contract)


@pytest.mark.parametrize("kind", ["sqlite+folder", "postgresql+folder"])
async def test_a_killed_restore_goes_on_and_is_no_registry_before(
    places: Places, contract: Contract, kind: str
) -> None:
    source, folder = await filled(places, contract), str(places.folder / "backups")
    await source.report("backup", folder)
    target = places.make("target", kind, is_empty=True)
    data_dir = target.settings.data_dir
    await asyncio.to_thread(
        killed_when, lambda: data_dir.exists() and files_in(data_dir) >= MOMENT, target, "restore", folder
    )
    restored = await target.report("restore", folder)
    assert files_in(data_dir) == restored["files"]["present"] + restored["files"]["copied"] == len(CONTENTS)
    assert await target.dump() == await source.dump()
    await require_all(target, contract)


async def test_a_killed_copy_goes_on(places: Places, contract: Contract) -> None:
    source = await filled(places, contract)
    target = places.make("target", "postgresql+folder", is_empty=True)
    data_dir = target.settings.data_dir
    to = ("--to-data-dir", str(data_dir), "--to-database-url", target.settings.database_url)
    await asyncio.to_thread(
        killed_when, lambda: data_dir.exists() and files_in(data_dir) >= MOMENT, source, "copy", *to
    )
    there = files_in(data_dir)
    assert (await source.report("copy", *to))["files"]["present"] == there
    assert await target.dump() == await source.dump()
    await require_all(target, contract)


@pytest.mark.parametrize("kind", ["sqlite+folder", "postgresql+folder"])
async def test_what_is_half_filled_is_neither_served_nor_migrated(
    places: Places, contract: Contract, kind: str
) -> None:
    source, folder = await filled(places, contract), str(places.folder / "backups")
    await source.report("backup", folder)
    blob = next((places.folder / "backups" / "blobs" / "sha256").rglob("*.0"))
    flip_a_bit(blob, random.Random(1))
    target = places.make("target", kind, is_empty=True)
    code, output = await target.command("restore", folder)
    assert code == 1
    assert "damaged: sha256:" in output
    assert "    churn:1 part-" in output
    assert "No registry was made" in output
    outcomes = [
        await target.command(*command)
        for command in (("db", "upgrade"), ("verify",), ("gc",), ("backup", str(places.folder / "more")))
    ]
    outcomes.append(await asyncio.to_thread(run_to_end, REAL, target.settings.data_dir, **target.variables))
    for code, output in outcomes:
        assert code == 1
        assert "a restore or a copy into this database has not ended" in output
    code, output = await target.command("restore", folder, "--accept-damage")
    assert code == 1
    assert "missing-file: " in output
    assert "is restored" in output
    async with target.served(contract) as api:
        answers = [await api.get(f"/models/churn/versions/1/files/{name}") for name in CONTENTS]
        assert sorted(answer.status_code for answer in answers) == [200] * 59 + [500]


@pytest.mark.parametrize("kind", ["sqlite+folder", "postgresql+folder"])
async def test_damage_in_the_source_is_named_and_all_else_is_kept(
    places: Places, contract: Contract, kind: str
) -> None:
    source, folder = await filled(places, contract, kind), str(places.folder / "backups")
    damaged, missing = CONTENTS["part-7.bin"], CONTENTS["part-8.bin"]
    whole = await source.report("backup", folder)
    flip_a_bit(stored_file(source.settings.data_dir, damaged), random.Random(1))
    stored_file(source.settings.data_dir, missing).unlink()

    elsewhere = str(places.folder / "elsewhere")
    code, output, _ = await asyncio.to_thread(source.outcome, "backup", elsewhere, "--json")
    document = json.loads(output)
    assert (code, document["is_whole"], document["files"]["copied"]) == (1, False, 58)
    assert {tuple(one["uses"]) for one in document["damaged"]} == {("churn:1 part-7.bin",), ("churn:1 part-8.bin",)}
    assert {one["digest"] for one in document["damaged"]} == {digest_of(damaged), digest_of(missing)}
    [point] = BackupFolder(Path(elsewhere)).points()
    assert len(BackupFolder(Path(elsewhere)).manifest(point).damaged) == 2
    code, output = await source.command("copy", "--to-data-dir", str(places.folder / "copy"))
    assert code == 1
    assert "    churn:1 part-7.bin" in output

    # Where an earlier backup has the bytes, nothing is missing.
    again = await source.report("backup", folder)
    assert (again["is_whole"], again["files"]["present"]) == (True, whole["files"]["count"])


async def test_a_damaged_database_of_a_backup_is_not_restored(places: Places, contract: Contract) -> None:
    source, folder = await filled(places, contract), places.folder / "backups"
    first = (await source.report("backup", str(folder)))["point"]
    second = (await source.report("backup", str(folder)))["point"]
    flip_a_bit(folder / second / "registry.db", random.Random(3))
    target = places.make("target", "sqlite+folder", is_empty=True)
    code, output = await target.command("restore", str(folder))
    assert code == 1
    assert f"the database of the backup {second} is damaged" in output
    code, output = await target.command("restore", str(folder), "--point", "20000101T000000.000Z")
    assert code == 1
    assert f"There are: {first}, {second}." in output
    assert (await target.report("restore", str(folder), "--point", first))["point"] == first


async def test_old_backups_go_with_the_files_that_only_they_named(places: Places, contract: Contract) -> None:
    source, folder = places.make("source", "sqlite+folder"), places.folder / "backups"
    points = []
    async with source.served(contract) as api:
        for number in range(3):
            await add_version(api, model=f"model-{number}", files={"own": b"own %d" % number, "shared": b"shared"})
            points.append((await source.report("backup", str(folder)))["point"])
            done(await api.delete(f"/models/model-{number}"))
            execute(source.settings, "UPDATE blobs SET lease_until_ms = 0 WHERE size_bytes = 5")
            assert (await source.report("gc", "--delete"))["blobs"]["count"] == 1
    made = await source.report("backup", str(folder), "--keep", "2")
    assert made["pruned"] == {"points": points[:2], "files": 2, "size_bytes": 10}
    assert list(BackupFolder(folder).points()) == [points[2], made["point"]]
    assert files_in(folder) == 2


async def test_a_damaged_backup_drives_no_older_one_out(places: Places, contract: Contract) -> None:
    source, folder = await filled(places, contract), places.folder / "backups"
    await source.report("backup", str(folder))
    async with source.served(contract) as api:
        await add_version(api, files={"new": b"new"})
    flip_a_bit(stored_file(source.settings.data_dir, b"new"), random.Random(1))
    assert (await source.command("backup", str(folder), "--keep", "1"))[0] == 1
    assert len(BackupFolder(folder).points()) == 2


async def test_two_backups_into_one_folder_wait_for_no_one(places: Places, contract: Contract) -> None:
    source, folder = await filled(places, contract), places.folder / "backups"
    with BackupFolder(folder).alone():
        code, output = await source.command("backup", str(folder))
    assert (code, output) == (1, "modelyard: another backup is at work in this folder. Try again in a moment.\n")


async def test_a_folder_without_a_backup_is_told(places: Places) -> None:
    target = places.make("target", "sqlite+folder", is_empty=True)
    folder = places.folder / "nothing"
    code, output = await target.command("restore", str(folder))
    assert (code, output) == (1, f"modelyard: There is no whole backup in {folder}.\n")
    assert not target.settings.data_dir.exists()
    assert not folder.exists()


class Writers:
    """Four threads that register versions of three files, for as long as the block lasts."""

    def __init__(self, url: str) -> None:
        self.acknowledged: list[str] = []
        self._url = url
        self._is_over = threading.Event()
        self._counted = threading.Semaphore(0)
        self._threads = [threading.Thread(target=self._write, args=(writer,)) for writer in range(4)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def await_more(self, count: int) -> None:
        for _ in range(count):
            assert self._counted.acquire(timeout=PATIENCE_SECONDS)

    def _write(self, writer: int) -> None:
        with httpx.Client(base_url=f"{self._url}/api/v1", timeout=PATIENCE_SECONDS) as client:
            number = 0
            while not self._is_over.is_set():
                files = {f"{part}.bin": f"{writer} {number} {part}".encode() * 500 for part in range(3)}
                model = f"writer-{writer}"
                answer = client.post(f"/models/{model}/versions?create_model=true", files=form(files))
                self.acknowledged.append(f"{model}:{done(answer)['number']}")
                self._counted.release()
                number += 1


@pytest.mark.parametrize("kind", ["sqlite+folder", "postgresql+folder"])
async def test_what_was_acknowledged_before_a_backup_is_in_it_whole(
    places: Places, contract: Contract, kind: str
) -> None:
    source, target = places.make("source", kind), places.make("target", "sqlite+folder", is_empty=True)
    folder = str(places.folder / "backups")
    with running(REAL, source.settings.data_dir, **source.variables) as server, Writers(server.url) as writers:
        await asyncio.to_thread(writers.await_more, 20)
        before = list(writers.acknowledged)
        made = await source.report("backup", folder)
        await asyncio.to_thread(writers.await_more, 20)
    restored = await target.report("restore", folder, "--sample", "100000")
    assert (made["is_whole"], restored["findings"]) == (True, [])
    async with target.served(contract) as api:
        for version in before:
            model, _, number = version.partition(":")
            files = done(await api.get(f"/models/{model}/versions/{number}/files"))["items"]
            assert len(files) == 3, version
