import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

import pytest
from starlette.types import Message, Receive, Scope, Send

from modelyard.domain.errors import RequestTimeout
from modelyard.presentation.http.body_deadline import BodyDeadline
from tests.unit.presentation.asgi import Sent, http_scope, nothing_to_receive

NEVER = 3600.0
SHORT_SECONDS = 0.2
LENGTH = (b"content-length", b"1000000")


def arriving(pieces: Iterable[tuple[float, int]], *, is_complete: bool = True) -> Receive:
    """A body in pieces of so many bytes, each after so many seconds; then its end, or silence."""
    remaining = iter(pieces)

    async def receive() -> Message:
        for seconds, size_bytes in remaining:
            await asyncio.sleep(seconds)
            return {"type": "http.request", "body": b"x" * size_bytes, "more_body": True}
        if not is_complete:
            await asyncio.sleep(NEVER)
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


async def read(receive: Receive) -> int:
    size_bytes = 0
    while True:
        message = await receive()
        size_bytes += len(message["body"])
        if not message["more_body"]:
            return size_bytes


async def answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def reading(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers 200 with a body that came whole, 408 otherwise."""
    try:
        await read(receive)
    except RequestTimeout:
        await answer(send, 408)
    else:
        await answer(send, 200)


async def serve(
    receive: Receive,
    app: Callable[[Scope, Receive, Send], Awaitable[None]] = reading,
    *,
    seconds: float = SHORT_SECONDS,
    minimum_bytes_per_second: float = 0.0,
) -> Sent:
    sent = Sent()
    middleware = BodyDeadline(app, idle_timeout_seconds=seconds, minimum_bytes_per_second=minimum_bytes_per_second)
    await middleware(http_scope(LENGTH, method="PUT"), receive, sent.send)
    return sent


@pytest.mark.parametrize("headers", [(), ((b"host", b"here"), (b"content-length", b"0"))])
async def test_a_request_without_a_body_keeps_its_own_channels(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    channels: list[object] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        channels.extend((receive, send))

    sent = Sent()
    send = sent.send
    await BodyDeadline(application, idle_timeout_seconds=1)(http_scope(*headers), nothing_to_receive, send)
    assert channels == [nothing_to_receive, send]


async def test_a_body_that_keeps_coming_may_take_longer_than_the_timeout() -> None:
    sent = await serve(arriving([(0.25, 1000)] * 6), seconds=1.2)
    assert sent[0]["status"] == 200
    assert sent.header(b"connection") == []


async def test_a_body_that_stops_ends_with_a_timeout_and_the_connection() -> None:
    sent = await serve(arriving([(0.0, 1000)] * 3, is_complete=False))
    assert sent[0]["status"] == 408
    assert sent.header(b"connection") == [b"close"]


async def test_a_chunked_body_has_the_same_deadline() -> None:
    sent = Sent()
    scope = http_scope((b"transfer-encoding", b"chunked"), method="POST")
    await BodyDeadline(reading, idle_timeout_seconds=SHORT_SECONDS)(scope, arriving([], is_complete=False), sent.send)
    assert sent[0]["status"] == 408


async def test_a_body_that_crawls_ends_with_a_timeout() -> None:
    crawling = arriving([(SHORT_SECONDS / 10, 1)] * 1000)
    began = time.monotonic()
    sent = await serve(crawling, minimum_bytes_per_second=1000)
    assert sent[0]["status"] == 408
    assert time.monotonic() - began < 30


async def test_a_fast_beginning_buys_no_slow_end() -> None:
    pieces = [(0.0, 1_000_000), *[(SHORT_SECONDS / 10, 1)] * 1000]
    sent = await serve(arriving(pieces), minimum_bytes_per_second=1000)
    assert sent[0]["status"] == 408


async def test_the_time_that_the_application_takes_is_not_the_callers() -> None:
    async def busy(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await asyncio.sleep(3 * SHORT_SECONDS)
        await read(receive)
        await answer(send, 200)

    sent = await serve(arriving([(0.0, 10)] * 3), busy, minimum_bytes_per_second=1_000_000)
    assert sent[0]["status"] == 200


async def test_after_the_body_a_wait_for_the_end_of_the_connection_is_endless() -> None:
    disconnected = asyncio.Event()
    body = arriving([(0.0, 10)])
    is_read = False

    async def receive() -> Message:
        if not is_read:
            return await body()
        await disconnected.wait()
        return {"type": "http.disconnect"}

    async def application(scope: Scope, inner: Receive, send: Send) -> None:
        nonlocal is_read
        await read(inner)
        is_read = True
        asyncio.get_running_loop().call_later(2 * SHORT_SECONDS, disconnected.set)
        assert await inner() == {"type": "http.disconnect"}
        await answer(send, 200)

    assert (await serve(receive, application))[0]["status"] == 200


async def test_an_application_that_reads_on_after_the_timeout_gets_it_again() -> None:
    async def stubborn(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            with pytest.raises(RequestTimeout, match="came too slowly, or stopped"):
                await receive()
        await answer(send, 408)

    assert (await serve(arriving([], is_complete=False), stubborn))[0]["status"] == 408


async def test_a_cancellation_from_elsewhere_stays_one() -> None:
    task = asyncio.ensure_future(serve(arriving([], is_complete=False)))
    await asyncio.sleep(SHORT_SECONDS / 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_is_no_request_passes_untouched() -> None:
    seen: list[Scope] = []

    async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    await BodyDeadline(lifespan, idle_timeout_seconds=1)({"type": "lifespan"}, nothing_to_receive, Sent().send)
    assert seen == [{"type": "lifespan"}]
