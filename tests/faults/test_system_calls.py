"""Activities end, or fail, at each of their system calls: all or nothing, and it can be done again."""

import asyncio
import os
import random
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.clock import START
from tests.faults.conftest import Tell
from tests.faults.small_registry import ACTIVITIES, come_to_rest, opened, prepare, require_promises
from tests.faults.traced import Boundary, NotTraceable, Tracer, tracing

CALLS = int(os.environ.get("FAULT_CALLS", "2"))
"""At how many system calls of an activity each fault is tried, chosen at random; `make test-faults` tries all."""

HOURS = {activity: 48 if activity == "collect" else 1 for activity in ACTIVITIES}
KILL, BROKEN, FULL = "signal=SIGKILL", "error=EIO", "error=ENOSPC"
TAKES_SPACE = frozenset({"openat", "write", "writev", "pwrite64", "pwritev", "link", "linkat", "mkdir", "mkdirat"})
REFUSALS = {BROKEN: {"storage-unavailable", "database-unavailable"}, FULL: {"storage-full"}}


@pytest.fixture(scope="module")
def tracer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracer]:
    try:
        with tracing(tmp_path_factory.mktemp("traced")) as tracer:
            yield tracer
    except NotTraceable as reason:
        pytest.skip(f"no system call can be stopped here: {reason}")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "data"
    folder.mkdir()
    asyncio.run(prepare(folder))
    return folder


def copied(template: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    return folder


def chosen(boundaries: list[Boundary]) -> list[Boundary]:
    return random.Random(2026).sample(boundaries, min(CALLS, len(boundaries)))


@pytest.mark.parametrize("activity", ACTIVITIES)
async def test_whoever_is_killed_before_a_system_call_leaves_all_or_nothing(
    tracer: Tracer, template: Path, tmp_path: Path, activity: str, tell: Tell
) -> None:
    boundaries = tracer.boundaries(copied(template, tmp_path / "data"), activity, HOURS[activity])
    assert boundaries
    for boundary in chosen(boundaries):
        folder = copied(template, tmp_path / "data")
        outcome = tracer.stopped(folder, activity, HOURS[activity], boundary, KILL)
        try:
            assert outcome.code == -9
            await require_recovery(folder, activity, is_acknowledged=outcome.is_acknowledged)
        except BaseException as error:
            error.add_note(f"{activity} was killed before {boundary}")
            raise
    tell(f"killed before {len(chosen(boundaries))} of {len(boundaries)} calls")


@pytest.mark.parametrize("fault", [BROKEN, FULL])
@pytest.mark.parametrize("activity", ACTIVITIES)
async def test_a_system_call_that_fails_is_said_and_the_next_try_succeeds_without_a_restart(
    tracer: Tracer, template: Path, tmp_path: Path, activity: str, fault: str, tell: Tell
) -> None:
    boundaries = tracer.boundaries(copied(template, tmp_path / "data"), activity, HOURS[activity])
    failing = [boundary for boundary in boundaries if fault == BROKEN or boundary.call in TAKES_SPACE]
    for boundary in chosen(failing):
        folder = copied(template, tmp_path / "data")
        outcome = tracer.stopped(folder, activity, HOURS[activity], boundary, fault)
        try:
            assert "(INJECTED)" in outcome.trace
            assert outcome.code == 0
            assert set(outcome.said[:-1]) <= REFUSALS[fault]
            assert outcome.is_acknowledged
            await require_recovery(folder, activity, is_acknowledged=True)
        except BaseException as error:
            error.add_note(f"{activity} got {fault} from {boundary}, and said {outcome.said}")
            raise
    tell(f"{fault.removeprefix('error=')} from {len(chosen(failing))} of {len(failing)} calls")


async def require_recovery(folder: Path, activity: str, *, is_acknowledged: bool) -> None:
    """Opened anew, the registry keeps its promises; the activity can be done; and nothing dead is left."""
    later = START + timedelta(hours=HOURS[activity], minutes=5)  # a claim of whoever was killed is over by then
    async with opened(folder, later) as registry:
        await require_promises(registry, activity, is_acknowledged=is_acknowledged)
        if activity != "close":
            await ACTIVITIES[activity](registry)
        await require_promises(registry, activity, is_acknowledged=False)
        await come_to_rest(registry)
