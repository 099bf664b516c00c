"""What every place of counters does."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from modelyard.application.ports.rates import RateCounter
from modelyard.domain.access.rate import Rate
from modelyard.infrastructure.rates.in_memory import InMemoryRateCounter
from modelyard.infrastructure.rates.redis import RedisRateCounter
from tests.servers.redis import serving

TWO = Rate(2, 60)


@pytest.fixture(params=["memory", "redis"])
async def counter(request: pytest.FixtureRequest) -> AsyncIterator[RateCounter]:
    made: RateCounter = InMemoryRateCounter()
    if request.param == "redis":
        made = RedisRateCounter(request.getfixturevalue("redis_server").url)
    yield made
    await made.close()


@pytest.fixture
def key() -> str:
    return uuid4().hex


async def test_what_is_beyond_the_rate_is_exceeded_and_the_rest_counts_down(counter: RateCounter, key: str) -> None:
    seen = [await counter.count(TWO, "address", key) for _ in range(4)]
    assert [(one.is_exceeded, one.remaining) for one in seen] == [(False, 1), (False, 0), (True, 0), (True, 0)]
    assert all(one.kind == "address" and one.rate == TWO and 1 <= one.reset_seconds <= 60 for one in seen)


async def test_each_kind_and_key_is_counted_alone(counter: RateCounter, key: str) -> None:
    for _ in range(3):
        await counter.count(TWO, "address", key)
    assert not (await counter.count(TWO, "account", key)).is_exceeded
    assert not (await counter.count(TWO, "address", f"{key}2")).is_exceeded


async def test_the_next_window_begins_anew(counter: RateCounter, key: str) -> None:
    one = Rate(1, 1)
    began = time.monotonic()
    await counter.count(one, "address", key)
    while (await counter.count(one, "address", key)).is_exceeded:
        assert time.monotonic() - began < 5
        await asyncio.sleep(0.02)


async def test_two_processes_count_together_in_redis(request: pytest.FixtureRequest, key: str) -> None:
    url = request.getfixturevalue("redis_server").url
    counters = [RedisRateCounter(url), RedisRateCounter(url)]
    exceeded = [(await counters[number % 2].count(TWO, "address", key)).is_exceeded for number in range(4)]
    assert exceeded == [False, False, True, True]
    for counter in counters:
        await counter.close()


async def test_without_redis_a_process_counts_for_itself_soon_without_asking(
    tmp_path: Path, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(tmp_path) as server:
        counter = RedisRateCounter(server.url)
        await counter.count(TWO, "address", key)
    began = time.monotonic()
    seen = [(await counter.count(TWO, "address", key)).is_exceeded for _ in range(20)]
    assert seen == [False, False] + 18 * [True]
    assert time.monotonic() - began < 3
    assert "this process counts for itself" in caplog.text
    await counter.close()
