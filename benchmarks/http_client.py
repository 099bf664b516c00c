"""A load generator for what wrk cannot do: bodies that differ, every answer checked, latencies one by one.

It knows just enough HTTP/1.1 for a server that it shares two cores with: requests are encoded beforehand, and of an
answer it reads the status and the length.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

import uvloop

_LENGTH = b"\r\ncontent-length:"
_PATIENCE_SECONDS = 180


class LoadFailed(Exception):
    """The load did not run as it should, so that its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer."""

    status: int
    body: bytes


@dataclass(slots=True)
class Exchanges:
    """What came of a load.

    Latencies are in seconds, from a request's sending to the last byte of its answer. Bodies are kept where asked for.
    `answered` is how many answers there were when the load was stopped after `seconds`; the others came later.
    """

    keeps_bodies: bool = False
    seconds: float = 0.0
    answered: int = 0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second, while requests were sent: a server that lets a last one wait is not the slower for it."""
        return self.answered / self.seconds

    def add(self, answer: Answer, latency: float) -> None:
        """Count an answer."""
        self.latencies.append(latency)
        self.statuses[answer.status] += 1
        if self.keeps_bodies:
            self.bodies.append(answer.body)


def encode_request(
    method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = MappingProxyType({})
) -> bytes:
    """A request as it goes over the wire; a body is JSON."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def parse_answer(received: bytes) -> Answer | None:
    """The answer, once it is complete.

    Raises:
        LoadFailed: It is none, does not say how long it is, or more follows it, though nothing more was asked.
    """
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = received[: head_end + 2].lower()
    length_start = head.find(_LENGTH)
    if not head.startswith(b"http/1.1 ") or length_start < 0:
        raise LoadFailed(f"an answer that this client does not understand: {head[:200]!r}")
    length_start += len(_LENGTH)
    missing_bytes = head_end + 4 + int(head[length_start : head.find(b"\r\n", length_start)]) - len(received)
    if missing_bytes < 0:
        raise LoadFailed(f"bytes beyond the end of an answer: {received[missing_bytes:][:100]!r}")
    return Answer(int(head[9:12]), received[head_end + 4 :]) if missing_bytes == 0 else None


class _Connection(asyncio.Protocol):
    """Sends the next request when the last has its answer, until it is told to stop or none is left."""

    def __init__(self, requests: Iterator[bytes], stop: asyncio.Event, exchanges: Exchanges) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._stop = stop
        self._exchanges = exchanges
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._go_on(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            answer = parse_answer(self._received)
        except LoadFailed as error:
            self._end(error)
            return
        if answer is not None and self._transport is not None:
            self._received = b""
            self._exchanges.add(answer, time.perf_counter() - self._sent_at)
            self._go_on(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(LoadFailed(f"the server closed a connection over a request ({exc})"))

    def _go_on(self, transport: asyncio.Transport) -> None:
        request = None if self._stop.is_set() else next(self._requests, None)
        if request is None:
            self._end(None)
            transport.close()
        else:
            self._sent_at = time.perf_counter()
            transport.write(request)

    def _end(self, error: LoadFailed | None) -> None:
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)


async def drive(
    port: int, connections: int, requests: Iterator[bytes], stop: asyncio.Event, *, keeps_bodies: bool = False
) -> Exchanges:
    """Send requests over keep-alive connections until `stop` is set or none is left; each sent one gets its answer.

    Raises:
        LoadFailed: A connection broke, or an answer made no sense.
    """
    loop = asyncio.get_running_loop()
    exchanges = Exchanges(keeps_bodies=keeps_bodies)
    timing = asyncio.create_task(_note_stop(stop, exchanges))
    ends = []
    for _ in range(connections):
        _, connection = await loop.create_connection(lambda: _Connection(requests, stop, exchanges), "127.0.0.1", port)
        ends.append(connection.ended)
    try:
        await asyncio.gather(*ends)
    finally:
        stop.set()
        await timing
    return exchanges


async def _note_stop(stop: asyncio.Event, exchanges: Exchanges) -> None:
    began = time.perf_counter()
    await stop.wait()
    exchanges.seconds = time.perf_counter() - began
    exchanges.answered = len(exchanges.latencies)


def drive_for(
    seconds: float, port: int, connections: int, requests: Iterator[bytes], *, keeps_bodies: bool = False
) -> Exchanges:
    """Send requests for some time.

    Raises:
        LoadFailed: As `drive`.
        TimeoutError: Answers are missing three minutes later.
    """

    async def run() -> Exchanges:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, stop.set)
        async with asyncio.timeout(seconds + _PATIENCE_SECONDS):
            return await drive(port, connections, requests, stop, keeps_bodies=keeps_bodies)

    return uvloop.run(run())
