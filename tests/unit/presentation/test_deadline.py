import asyncio

from modelyard.presentation.http.deadline import Deadline

PERIOD_SECONDS = 0.05
PATIENCE_SECONDS = 30.0


async def test_a_deadline_expires() -> None:
    expired = asyncio.Event()
    Deadline(asyncio.get_running_loop(), PERIOD_SECONDS, expired.set).start(PERIOD_SECONDS)
    await asyncio.wait_for(expired.wait(), PATIENCE_SECONDS)


async def test_a_lifted_deadline_does_not_expire_until_it_is_set_again() -> None:
    loop = asyncio.get_running_loop()
    expired = asyncio.Event()
    deadline = Deadline(loop, PERIOD_SECONDS, expired.set)
    deadline.start(PERIOD_SECONDS)
    deadline.at = None
    await asyncio.sleep(4 * PERIOD_SECONDS)
    assert not expired.is_set()
    set_to = deadline.at = loop.time() + PERIOD_SECONDS
    await asyncio.wait_for(expired.wait(), PATIENCE_SECONDS)
    assert loop.time() >= set_to


async def test_a_moved_deadline_expires_at_its_new_moment() -> None:
    loop = asyncio.get_running_loop()
    expired = asyncio.Event()
    deadline = Deadline(loop, PERIOD_SECONDS, expired.set)
    deadline.start(PERIOD_SECONDS)
    set_to = deadline.at = loop.time() + 4 * PERIOD_SECONDS
    await asyncio.wait_for(expired.wait(), PATIENCE_SECONDS)
    assert loop.time() >= set_to


async def test_an_ended_deadline_does_not_expire() -> None:
    expired = asyncio.Event()
    deadline = Deadline(asyncio.get_running_loop(), PERIOD_SECONDS, expired.set)
    deadline.start(PERIOD_SECONDS)
    deadline.end()
    await asyncio.sleep(3 * PERIOD_SECONDS)
    assert not expired.is_set()
