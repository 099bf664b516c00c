"""Ending tasks that run beside others."""

import asyncio

import pytest

from modelyard.application.tasks import end_tasks


async def for_ever(ends_after: float = 0.0, failure: Exception | None = None) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(ends_after)
        if failure is not None:
            raise failure


async def begun(*works: "asyncio.Task[None]") -> None:
    await asyncio.sleep(0)
    assert not any(work.done() for work in works)


async def test_they_have_ended_when_it_returns() -> None:
    works = [asyncio.create_task(for_ever(0.02)), asyncio.create_task(for_ever())]
    await begun(*works)
    await end_tasks(*works)
    assert all(work.cancelled() for work in works)
    await end_tasks(*works)


async def test_whoever_is_cancelled_meanwhile_is_so_once_they_have_ended() -> None:
    work = asyncio.create_task(for_ever(0.05))
    await begun(work)
    ending = asyncio.create_task(end_tasks(work))
    await asyncio.sleep(0.01)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert work.done()


async def test_a_failure_at_the_end_is_told_when_all_have_ended() -> None:
    works = [asyncio.create_task(for_ever(0, ValueError("broken"))), asyncio.create_task(for_ever(0.02))]
    await begun(*works)
    with pytest.raises(ValueError, match="broken"):
        await end_tasks(*works)
    assert works[1].cancelled()
