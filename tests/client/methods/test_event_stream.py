"""Events as they happen, through connections that break."""

import asyncio
import queue
import threading
from urllib.parse import urlsplit

import pytest

from modelyard.client import errors
from modelyard.client.connection import connect
from modelyard.client.events import Event
from modelyard.client.registry import Registry
from modelyard.client.transport import Patience
from tests.servers.proxy import proxy_to

PATIENCE_SECONDS = 30


def follow_into(found: "queue.Queue[Event]", url: str, model: str, after: int | None, count: int) -> threading.Thread:
    """A thread that follows a model's events until so many have come."""

    def run() -> None:
        with connect(url) as registry:
            stream = registry.model(model).events(follow=True, after=after)
            for _ in range(count):
                found.put(next(stream))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


async def test_no_event_is_missed_or_comes_twice_when_connections_break(
    registry: Registry, registry_url: str, churn: str
) -> None:
    parts = urlsplit(registry_url)
    found: queue.Queue[Event] = queue.Queue()
    first = next(registry.model(churn).events(limit=1)).sequence
    async with proxy_to(parts.netloc) as proxy:
        thread = follow_into(found, f"http://{proxy.host}", churn, first, 6)
        for number in range(6):
            await asyncio.to_thread(registry.model(churn).update, tags={"seen": str(number)})
            if number % 2:
                proxy.heal()  # closes all connections
        seen = [await asyncio.to_thread(found.get, timeout=PATIENCE_SECONDS) for _ in range(6)]
        await asyncio.to_thread(thread.join, PATIENCE_SECONDS)
        assert proxy.connections > 1
    listed = [event.sequence for event in registry.model(churn).events(limit=6)]
    assert [event.sequence for event in seen] == listed[::-1]
    assert [event.after and event.after["tags"] for event in seen] == [{"seen": str(number)} for number in range(6)]


def test_a_stream_begins_now_unless_told_otherwise(registry: Registry, registry_url: str, churn: str) -> None:
    with connect(registry_url) as follower:
        told = registry.model(churn).events(limit=1)
        before = next(told).sequence
        stream = follower.events(follow=True, action="model.updated", model=churn)
        found: queue.Queue[Event] = queue.Queue()
        thread = threading.Thread(target=lambda: found.put(next(stream)), daemon=True)
        thread.start()
        event = None
        for number in range(PATIENCE_SECONDS * 2):  # the stream begins at a moment that nothing here can see
            registry.model(churn).update(tags={"turn": str(number)})
            try:
                event = found.get(timeout=0.5)
                break
            except queue.Empty:
                continue
        assert event
        assert event.sequence > before
        assert event.action == "model.updated"
        thread.join(PATIENCE_SECONDS)


def test_a_registry_that_stays_away_ends_the_stream(unused_tcp_port: int) -> None:
    patience = Patience(deadline_seconds=0.3, connect_seconds=0.2, first_pause_seconds=0.01)
    with (
        connect(f"http://127.0.0.1:{unused_tcp_port}", patience=patience) as registry,
        pytest.raises(errors.Unreachable, match="sends no events"),
    ):
        next(registry.events(follow=True, after=0))
