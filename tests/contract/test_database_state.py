"""The state of a database: what tells that an answer from memory still holds."""

import asyncio
from collections.abc import Callable

from modelyard.application.ports.database import Database
from tests.contract.test_database import TIMEOUT_SECONDS, create


async def known_state(database: Database) -> object:
    """A database may have to connect first."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while (state := await database.state()) is None:  # noqa: ASYNC110 - nobody else tells when
            await asyncio.sleep(0.01)
        return state


async def test_the_state_stays_until_something_changes_through_whatever_process(
    connect: Callable[[], Database],
) -> None:
    one, other = connect(), connect()
    await one.open()
    await other.open()
    states = [await known_state(one), await one.state()]
    assert states[0] == states[1]

    for writing in (one, other):
        await writing.write(create, f"model of {id(writing)}")
        states.append(await one.state())
        assert await one.state() == states[-1]

    assert len(set(states)) == 3
    await one.close()
    await other.close()


async def test_those_who_ask_for_the_state_at_the_same_time_all_see_what_was_acknowledged(
    connect: Callable[[], Database],
) -> None:
    one, other = connect(), connect()
    await one.open()
    await other.open()
    seen = {await known_state(one)}

    for round_ in range(20):
        under_way = [asyncio.ensure_future(one.state()) for _ in range(10)]
        await other.write(create, f"model {round_}")
        after = await asyncio.gather(*(one.state() for _ in range(10)))
        await asyncio.gather(*under_way)
        assert not set(after) & seen
        seen |= set(after) - {None}  # which is no state, but says that it cannot be known now

    await one.close()
    await other.close()
