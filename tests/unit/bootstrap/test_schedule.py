import asyncio
import logging

import pytest

from modelyard.bootstrap.schedule import repeated

SOON = 0.001


async def test_a_task_is_done_again_and_again_and_ends_with_the_block() -> None:
    done = asyncio.Semaphore(0)

    async def task() -> None:
        done.release()

    async with repeated(task, name="test", interval_seconds=SOON):
        for _ in range(3):
            await done.acquire()
        assert [one.get_name() for one in asyncio.all_tasks() if one.get_name() == "test"] == ["test"]
    assert [one for one in asyncio.all_tasks() if one.get_name() == "test"] == []


async def test_a_failure_is_logged_and_the_task_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    times = asyncio.Semaphore(0)

    async def task() -> None:
        times.release()
        raise OSError("the disk is gone")

    with caplog.at_level(logging.ERROR):
        async with repeated(task, name="test", interval_seconds=SOON):
            await times.acquire()
            await times.acquire()
    assert "test failed" in caplog.text
    assert "the disk is gone" in caplog.text


async def test_a_task_that_is_under_way_is_cancelled_at_the_end() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def task() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with repeated(task, name="test", interval_seconds=SOON):
        await begun.wait()
    assert cancelled.is_set()


async def test_an_interval_of_0_is_never() -> None:
    async def task() -> None:
        raise AssertionError

    async with repeated(task, name="test", interval_seconds=0):
        assert [one for one in asyncio.all_tasks() if one.get_name() == "test"] == []
