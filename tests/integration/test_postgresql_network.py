"""A network between server and PostgreSQL that swallows what is sent, and says nothing."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from modelyard.application.ports.events import EventFilter
from modelyard.application.services.live_events import LiveEvents
from modelyard.domain.errors import DatabaseUnavailable
from modelyard.infrastructure.database import postgresql_announcer
from modelyard.infrastructure.database.postgresql import PostgresqlDatabase
from modelyard.infrastructure.database.postgresql_announcer import PostgresqlAnnouncer
from tests.integration.postgresql import opened
from tests.integration.test_postgresql_faults import count, create
from tests.postgresql_server import StartedServer
from tests.servers.proxy import Proxy, proxy_to

LIMIT_SECONDS = 1.0
PATIENCE_SECONDS = 30.0


@pytest.fixture
async def network(own_server: StartedServer) -> AsyncIterator[Proxy]:
    async with proxy_to(own_server.socket) as proxy:
        yield proxy


@pytest.fixture
async def database(network: Proxy) -> AsyncIterator[PostgresqlDatabase]:
    async with opened(address(network), limit_seconds=LIMIT_SECONDS) as database:
        yield database


async def test_what_waits_for_it_fails_in_bounded_time_and_all_goes_on_when_it_is_back(
    database: PostgresqlDatabase, network: Proxy
) -> None:
    await asyncio.gather(*(database.read(count) for _ in range(9)), database.write(create, "before"))
    network.is_stalled = True
    began = time.monotonic()

    outcomes = await asyncio.gather(
        *(database.read(count) for _ in range(9)),
        *(database.write(create, f"lost-{number}") for number in range(9)),
        *(database.scan(count), database.state()),
        return_exceptions=True,
    )

    assert {type(outcome) for outcome in outcomes[:-1]} == {DatabaseUnavailable}
    assert outcomes[-1] is None or isinstance(outcomes[-1], DatabaseUnavailable)
    assert time.monotonic() - began < PATIENCE_SECONDS  # without a bound it would be for ever
    network.heal()
    assert await eventually(database) >= 1
    assert await database.write(create, "after")


async def test_live_events_and_wake_ups_go_on_when_it_is_back(database: PostgresqlDatabase, network: Proxy) -> None:
    live = LiveEvents(database, lambda event: event.change.model.encode())
    watch = await live.watch(EventFilter())
    network.is_stalled = True
    with pytest.raises(DatabaseUnavailable):
        await database.write(create, "swallowed")
    network.heal()
    await eventually(database)
    await database.write(create, "after")

    heard: list[bytes] = []
    async with asyncio.timeout(PATIENCE_SECONDS * 2):
        while b"after" not in heard:
            heard += [told.rendered for told in await watch.next(PATIENCE_SECONDS) or ()]
    await live.close()

    assert heard[-1] == b"after"


async def test_announcing_is_given_up_in_bounded_time(network: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_announcer, "_PATIENCE_SECONDS", LIMIT_SECONDS)
    announcer = PostgresqlAnnouncer(f"{address(network)}&connect_timeout=2")
    announcer.announce({"before"})
    await announcer.told()
    network.is_stalled = True

    announcer.announce({"swallowed"})

    async with asyncio.timeout(PATIENCE_SECONDS):
        await announcer.told()
        await announcer.close()


def address(network: Proxy) -> str:
    return f"postgresql://postgres@127.0.0.1:{network.port}/postgres?sslmode=disable&gssencmode=disable"


async def eventually(database: PostgresqlDatabase) -> int:
    """What it answers as soon as it does."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await database.read(count)
            except DatabaseUnavailable:
                await asyncio.sleep(0.1)
