import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from modelyard.application.ports.blob_store import BlobStore
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore
from modelyard.infrastructure.database.sqlite import SqliteDatabase
from tests.fakes.clock import FixedClock
from tests.faults.scene import CONTENTS, Scene

MEMORY = Path("/dev/shm")  # noqa: S108 - each example makes a folder of its own there
SECONDS = int(os.environ.get("FAULT_SECONDS", "0"))
"""How long `make test-faults` tries; 0 is the short run of `make test`."""

STORES: dict[str, Callable[[Path], BlobStore]] = {
    "filesystem": lambda folder: FilesystemBlobStore(folder / "blobs"),
    "in_memory": lambda _: InMemoryBlobStore(),
}
"""Object stores take too long for thousands of examples; what they do at each call is in their contract."""

contents = st.sampled_from(CONTENTS)
places = st.integers(min_value=0, max_value=20)


class Interleavings(RuleBasedStateMachine):
    """Every order of steps, crashes and passing time in which something alive could be lost."""

    def __init__(self, migrated_file: Path, kind: str) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
        shutil.copyfile(migrated_file, self._folder / "registry.db")
        self._runner = asyncio.Runner()
        clock = FixedClock()
        self._database = SqliteDatabase(f"sqlite:///{self._folder / 'registry.db'}", clock)
        self._store = STORES[kind](self._folder)
        self._scene = Scene(self._database, self._store, clock)
        self._runner.run(self._open())

    async def _open(self) -> None:
        await self._database.open()
        await self._store.open()
        await self._scene.set_up()

    async def _close(self) -> None:
        await self._scene.clear()
        await self._store.close()
        await self._database.close()

    @property
    def has_room(self) -> bool:
        """Few at a time: of many, hardly two meet at the point where it matters."""
        return len(self._scene.actors) < 4

    @property
    def is_busy(self) -> bool:
        return bool(self._scene.actors)

    @precondition(lambda self: self.has_room)
    @rule(content=contents, is_in_parts=st.booleans(), is_free=st.booleans())
    def push(self, content: bytes, is_in_parts: bool, is_free: bool) -> None:
        self._runner.run(self._scene.push(content, is_in_parts=is_in_parts, is_free=is_free))

    @precondition(lambda self: self.has_room)
    @rule(chosen=st.lists(contents, min_size=1, max_size=2), is_asking=st.booleans(), is_free=st.booleans())
    def register(self, chosen: list[bytes], is_asking: bool, is_free: bool) -> None:
        self._runner.run(self._scene.register(chosen, is_asking=is_asking, is_free=is_free))

    @precondition(lambda self: self.has_room)
    @rule(is_free=st.booleans())
    def collect(self, is_free: bool) -> None:
        self._runner.run(self._scene.collect(is_free=is_free))

    @precondition(lambda self: self.is_busy)
    @rule(place=places, count=st.sampled_from([1, 2, 3, 4, 8]))
    def step(self, place: int, count: int) -> None:
        actor = self._scene.actors[place % len(self._scene.actors)]
        for _ in range(count):
            if actor in self._scene.actors:
                self._runner.run(self._scene.step(self._scene.actors.index(actor)))

    @precondition(lambda self: self.is_busy)
    @rule(place=places)
    def finish(self, place: int) -> None:
        actor = self._scene.actors[place % len(self._scene.actors)]
        while actor in self._scene.actors:
            self._runner.run(self._scene.step(self._scene.actors.index(actor)))

    @precondition(lambda self: len(self._scene.actors) > 2)
    @rule(place=places)
    def crash(self, place: int) -> None:
        self._runner.run(self._scene.crash(place % len(self._scene.actors)))

    @precondition(lambda self: self._scene.registered)
    @rule(place=places)
    def delete(self, place: int) -> None:
        numbers = sorted(self._scene.registered)
        self._runner.run(self._scene.delete(numbers[place % len(numbers)]))

    @precondition(lambda self: self._scene.registered)
    @rule(place=places)
    def quarantine(self, place: int) -> None:
        used = sorted({content for contents in self._scene.registered.values() for content in contents})
        self._runner.run(self._scene.quarantine(used[place % len(used)]))

    @rule(hours=st.sampled_from([1, 3, 25]))
    def let_time_pass(self, hours: int) -> None:
        self._scene.clock.advance(hours=hours)

    @invariant()
    def promises_are_kept(self) -> None:
        self._runner.run(self._scene.require_promises())

    def teardown(self) -> None:
        try:
            self._runner.run(self._scene.finish())
            self._runner.run(self._scene.require_promises())
            self._runner.run(self._scene.come_to_rest())
            self._runner.run(self._scene.require_promises())
            self._runner.run(self._scene.require_nothing_dead())
        finally:
            self._runner.run(self._close())
            self._runner.close()
            shutil.rmtree(self._folder)


@pytest.mark.parametrize("kind", sorted(STORES))
def test_in_any_order_nothing_live_is_lost_and_nothing_dead_is_left(kind: str, migrated_file: Path) -> None:
    class OfKind(Interleavings):
        def __init__(self) -> None:
            super().__init__(migrated_file, kind)

    run_state_machine_as_test(
        OfKind,
        settings=settings(max_examples=30 + 10 * SECONDS, stateful_step_count=60),
    )
