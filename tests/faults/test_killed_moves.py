"""`backup`, `restore` and `copy` die at any moment: run again they end well, and nothing half is served."""

import asyncio
import contextlib
import http.client
import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modelyard.application.services import publishing
from modelyard.bootstrap.container import build_context
from modelyard.domain.model_version import File
from modelyard.infrastructure.backups.folder import BackupFolder
from tests.api.places import Place, Places, places_in
from tests.factories import ADA, version_draft
from tests.faults.conftest import Tell
from tests.faults.registry_process import PATIENCE_SECONDS
from tests.integration.server_process import REAL, environment
from tests.postgresql_server import Databases
from tests.servers.seaweedfs import S3Bucket

KILLS = int(os.environ.get("FAULT_MOVE_KILLS", "1"))
"""How often each command is killed on each pair of places; `make test-faults` says more."""

LARGE = bytes(range(256)) * 24_000
"""More than one part of an upload into an object store."""
FILES = 25
LOCAL, SHARED = "sqlite+folder", "postgresql+s3"
NOTHING = "There is no registry in"
REFUSED = ("a restore or a copy into this database has not ended", "the database is empty")


@pytest.fixture
def places(
    tmp_path: Path, migrated_file: Path, postgresql: Databases, migrated_template: str, s3_bucket: S3Bucket
) -> Iterator[Places]:
    with places_in(tmp_path, migrated_file, postgresql, migrated_template, s3_bucket) as made:
        yield made
    s3_bucket.abort_unfinished()  # as the lifecycle rule of the bucket does


async def add_version(place: Place, *contents: bytes) -> None:
    """A version of these files."""
    context = build_context(place.settings)
    await context.database.open()
    await context.blob_store.open()
    try:
        files = []
        for part, content in enumerate(contents):
            received = await context.transfer.receive(ADA, _sent(content))
            files.append(File(path=f"{part}.bin", digest=received.digest, size_bytes=len(content)))
        draft = version_draft(*files)
        await context.database.write(publishing.register_version, ADA, "churn", draft, creates_model=True)
    finally:
        await context.database.close()
        await context.blob_store.close()


def contents(number: int, count: int) -> list[bytes]:
    return [b"%d of %d" % (part, number) * 500 for part in range(count)]


async def _sent(content: bytes) -> AsyncIterator[bytes]:
    yield content


@dataclass(slots=True)
class Killer:
    """Runs a command as a program and kills it at a random moment of the time that a whole run takes."""

    place: Place
    arguments: Sequence[str]
    variables: Mapping[str, str]
    whole_seconds: float = 0.0
    kills: int = 0

    def run(self) -> None:
        """To the end, and remember how long it took."""
        began = time.monotonic()
        process = self._begin()
        _, errors = process.communicate()
        assert process.returncode == 0, errors
        self.whole_seconds = time.monotonic() - began

    def kill(self, moments: random.Random) -> bool:
        """Whether it was still running."""
        process = self._begin()
        try:
            process.wait(moments.uniform(0.25, 1.05) * self.whole_seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        assert process.returncode in {0, -signal.SIGKILL}, errors
        self.kills += process.returncode != 0
        return process.returncode != 0

    def _begin(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            (sys.executable, "-m", "modelyard", *self.arguments),
            cwd=self.place.settings.data_dir.parent,
            env=environment(self.place.settings.data_dir, {**self.place.variables, **self.variables}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )


def served(place: Place) -> bool:
    """Whether the server as it is shipped becomes ready; where it does not, it ends and says why."""
    process = subprocess.Popen(
        (sys.executable, "-m", *REAL),
        cwd=place.settings.data_dir.parent,
        env=environment(place.settings.data_dir, place.variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    found = re.match(r"Modelyard listens on http://\S+:(\d+) ", process.stdout.readline())
    is_served = found is not None and is_ready(int(found[1]))
    if is_served:
        process.kill()
    errors = process.communicate()[1]
    assert is_served or (process.returncode == 1 and any(reason in errors for reason in REFUSED)), errors
    return is_served


def is_ready(port: int) -> bool:
    """It listens before it has looked at its database, and closes the connection when it refuses it."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as client:
        try:
            client.request("GET", "/ready")
            return client.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


async def require_whole(place: Place, source: Place) -> None:
    """Every row is there, and every file is read."""
    assert await place.dump() == await source.dump()
    code, output = await place.command("verify", "--events")
    assert code == 0, output


async def require_all_or_nothing(place: Place, source: Place, *, is_asking_the_server: bool) -> None:
    """Before its first step there is nothing: on SQLite a server then makes a registry, as in any new folder."""
    code, output = await place.command("verify")
    if NOTHING in output:
        assert list((place.settings.data_dir / "blobs").rglob("*.*")) == []
        return
    if code == 0:
        await require_whole(place, source)
    else:
        assert any(reason in output for reason in REFUSED), output
    if is_asking_the_server:
        assert await asyncio.to_thread(served, place) == (code == 0)


@pytest.mark.parametrize("kind", [LOCAL, SHARED])
async def test_a_backup_killed_at_any_moment_harms_no_other_and_the_next_one_is_whole(
    places: Places, tell: Tell, kind: str
) -> None:
    moments = random.Random(2026)
    source, folder = places.make("source", kind), places.folder / "backups"
    await add_version(source, LARGE, *contents(0, FILES))
    killer = Killer(source, ("backup", str(folder), "--keep", "2"), {})
    await asyncio.to_thread(killer.run)
    number = 0
    while killer.kills < KILLS:
        number += 1
        before = await source.dump()
        await add_version(source, *contents(number, 5))
        was_killed = await asyncio.to_thread(killer.kill, moments)
        points = BackupFolder(folder, is_read_only=True).points()
        target = places.make("target", LOCAL, is_empty=True)
        restored = await target.report("restore", str(folder), "--sample", "100000")
        assert (restored["point"], restored["findings"]) == (points[-1], [])
        dumped = await target.dump()
        assert dumped in ([before, await source.dump()] if was_killed else [await source.dump()])
        shutil.rmtree(target.settings.data_dir)
        if was_killed:
            made = await source.report("backup", str(folder), "--keep", "2")
            assert made["is_whole"]
            assert not list(folder.glob("*.partial"))
            assert not list((folder / "blobs" / "staging").iterdir())
    tell(f"{killer.kills} backups killed on {kind}, 0 points lost or half")


@pytest.mark.parametrize("kind", [LOCAL, SHARED])
async def test_a_restore_killed_at_any_moment_is_all_or_nothing_and_ends_when_run_again(
    places: Places, tell: Tell, kind: str
) -> None:
    source, folder = places.make("source", LOCAL), places.folder / "backups"
    await add_version(source, LARGE, *contents(0, FILES))
    await source.report("backup", str(folder))
    killing = Killing(source)
    for attempt in itertools.count():
        if killing.kills >= KILLS:
            break
        target = places.make(f"target-{attempt}", kind, is_empty=True)
        await killing.require(Killer(target, ("restore", str(folder), "--sample", "100000"), {}), target)
    tell(f"{killing.kills} restores killed on {kind}, each went on to a whole one, 0 served before")


@pytest.mark.parametrize(("origin", "destination"), [(LOCAL, SHARED), (SHARED, LOCAL)])
async def test_a_copy_killed_at_any_moment_is_all_or_nothing_and_ends_when_run_again(
    places: Places, tell: Tell, origin: str, destination: str
) -> None:
    source = places.make("source", origin)
    await add_version(source, LARGE, *contents(0, FILES))
    killing = Killing(source)
    for attempt in itertools.count():
        if killing.kills >= KILLS:
            break
        target = places.make(f"target-{attempt}", destination, is_empty=True)
        await killing.require(Killer(source, ("copy", "--sample", "100000"), target.as_target), target)
    tell(f"{killing.kills} copies from {origin} to {destination} killed, each went on to a whole one, 0 served before")


@dataclass(slots=True)
class Killing:
    """Kills one command on one target after the other, up to five times on each before it may end."""

    source: Place
    kills: int = 0
    _whole_seconds: float = 0.0
    _moments: random.Random = field(default_factory=lambda: random.Random(2026))

    async def require(self, killer: Killer, target: Place) -> None:
        """The first run is not killed, and says how long one takes; where one ends before its kill, they take less."""
        if self._whole_seconds:
            killer.whole_seconds = self._whole_seconds
            for _ in range(min(self._moments.randint(1, 5), KILLS)):
                began = time.monotonic()
                if not await asyncio.to_thread(killer.kill, self._moments):
                    self._whole_seconds = min(self._whole_seconds, time.monotonic() - began)
                    break
                self.kills += 1
                await require_all_or_nothing(target, self.source, is_asking_the_server=killer.kills == 1)
        await asyncio.to_thread(killer.run)
        self._whole_seconds = self._whole_seconds or killer.whole_seconds
        await require_whole(target, self.source)
