"""How long a read waits while something large is under way."""

import asyncio
import itertools
import time
from collections.abc import Callable

import uvloop

from benchmarks.http_client import Exchanges, drive, encode_request
from benchmarks.load import checked
from benchmarks.series import percentile

CONNECTIONS = 4


def slowest_percent_ms(port: int, path: str, seconds: float, transfer: Callable[[], object] | None = None) -> float:
    """The 99th percentile of the latency of reads from 4 connections, in milliseconds.

    Each connection asks again as soon as it has its answer. The reads last some seconds; with a transfer, as long as
    it takes, repeated until the seconds are over.

    Raises:
        LoadFailed: A read or the transfer failed.
    """
    exchanges = uvloop.run(_reads_beside(port, path, lambda: _repeat(seconds, transfer)))
    return 1000 * percentile(checked(exchanges, 200).latencies, 0.99)


async def _reads_beside(port: int, path: str, work: Callable[[], None]) -> Exchanges:
    stop = asyncio.Event()
    reads = asyncio.create_task(drive(port, CONNECTIONS, itertools.repeat(encode_request("GET", path)), stop))
    try:
        await asyncio.to_thread(work)
    finally:
        stop.set()
    return await reads


def _repeat(seconds: float, transfer: Callable[[], object] | None) -> None:
    if transfer is None:
        time.sleep(seconds)
        return
    end = time.monotonic() + seconds
    transfer()
    while time.monotonic() < end:
        transfer()
