"""Counters that all processes share, in Redis."""

import logging
from typing import Any

from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from modelyard.domain.access.rate import Allowance, Rate
from modelyard.infrastructure.circuit_breaker import CircuitBreaker, CircuitOpen
from modelyard.infrastructure.rates.in_memory import InMemoryRateCounter
from modelyard.infrastructure.rates.windows import allowance_of, item_of

_PATIENCE_SECONDS = 0.5

logger = logging.getLogger(__name__)


class RedisRateCounter:
    """`RateCounter` in Redis; while that does not answer, each process counts for itself.

    So a Redis that is gone neither keeps everybody out nor lets passwords be guessed without a limit. It costs at most
    half a second, three times, and then once every five seconds.
    """

    def __init__(self, url: str) -> None:
        self._pool = ConnectionPool.from_url(
            url,
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        pool: Any = self._pool  # the library's types do not know of the option that it documents
        storage = RedisStorage(f"async+{url}", wrap_exceptions=True, implementation="redispy", connection_pool=pool)
        self._windows = FixedWindowRateLimiter(storage)
        self._own = InMemoryRateCounter()
        self._breaker = CircuitBreaker()

    async def count(self, rate: Rate, kind: str, key: str) -> Allowance:
        """In two calls, one after the other."""
        item = item_of(rate)
        try:
            self._breaker.enter()
            is_within = await self._windows.hit(item, kind, key)
            stats = await self._windows.get_window_stats(item, kind, key)
        except CircuitOpen:
            return await self._own.count(rate, kind, key)
        except StorageError as error:
            self._breaker.fail()
            logger.warning("Redis does not count requests (%s): this process counts for itself", error.storage_error)
            return await self._own.count(rate, kind, key)
        self._breaker.succeed()
        return allowance_of(rate, kind, stats, is_exceeded=not is_within)

    async def close(self) -> None:
        """Disconnect."""
        await self._pool.aclose()
