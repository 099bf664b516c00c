"""Each activity is stopped before each of its calls, and all sorts of things happen there."""

import itertools
from collections.abc import Awaitable, Callable

import pytest

from modelyard.application.ports.database import Database
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore
from tests.fakes.clock import FixedClock
from tests.faults.scene import CONTENTS, Scene

OLD, NEW, OTHER, _ = CONTENTS

Act = Callable[[Scene], Awaitable[None]]

ACTIVITIES: dict[str, Act] = {
    "uploading what is new": lambda scene: scene.push(NEW),
    "uploading what is there": lambda scene: scene.push(OLD),
    "uploading in parts": lambda scene: scene.push(NEW, is_in_parts=True),
    "uploading several at once": lambda scene: scene.push_together([NEW, OLD, OTHER]),
    "registering": lambda scene: scene.register([OLD, OTHER], is_asking=False, is_free=False),
    "asking and registering": lambda scene: scene.register([OLD, OTHER], is_asking=True, is_free=False),
    "collecting": lambda scene: scene.collect(),
}


async def collect(scene: Scene) -> None:
    await scene.collect(is_free=True)


async def collect_later(scene: Scene, hours: int) -> None:
    scene.clock.advance(hours=hours)
    await collect(scene)


async def collect_twice_a_day_apart(scene: Scene) -> None:
    await collect(scene)
    await collect_later(scene, 25)


async def register_and_wait(scene: Scene) -> None:
    await scene.register([OLD, OTHER], is_asking=False, is_free=True)
    scene.clock.advance(hours=3)


async def push_again(scene: Scene) -> None:
    for content in (OLD, NEW, OTHER):
        await scene.push(content, is_free=True)


async def quarantine_and_push(scene: Scene) -> None:
    await scene.quarantine(OLD)
    await scene.push(OLD, is_free=True)


async def delete_all(scene: Scene) -> None:
    for number in list(scene.registered):
        await scene.delete(number)
    await collect_later(scene, 3)


async def crash(scene: Scene) -> None:
    await scene.crash(0)


EVENTS: dict[str, Act] = {
    "a collector passes": collect,
    "leases end and a collector passes": lambda scene: collect_later(scene, 3),
    "a day goes by and a collector passes": lambda scene: collect_later(scene, 25),
    "two collectors pass, a day apart": collect_twice_a_day_apart,
    "someone registers, and the lease ends": register_and_wait,
    "someone uploads the same": push_again,
    "bytes are quarantined and come again": quarantine_and_push,
    "everything is deleted and collected": delete_all,
    "it crashes": crash,
}


async def prepare(scene: Scene) -> None:
    """A version with one file, and another file, both at the very end of their leases."""
    await scene.push(OLD, is_free=True)
    await scene.push(OTHER, is_free=True)
    await scene.register([OLD], is_asking=False, is_free=True)
    scene.clock.advance(hours=2)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("activity", ACTIVITIES)
async def test_nothing_is_lost_or_left_wherever_it_is_stopped(
    database: Database, clock: FixedClock, activity: str, event: str
) -> None:
    scene = Scene(database, InMemoryBlobStore(), clock)
    await scene.set_up()
    for stop in itertools.count():
        await prepare(scene)
        await ACTIVITIES[activity](scene)
        for _ in range(stop):
            await scene.step(0)
            if not scene.actors:
                assert stop > 0, "it was never stopped"
                return
        await EVENTS[event](scene)
        await scene.require_promises()
        await scene.finish()
        await scene.require_promises()
        await scene.come_to_rest()
        await scene.require_promises()
        await scene.require_nothing_dead()
        await delete_all(scene)
        await scene.come_to_rest()
        await scene.require_nothing_dead()
