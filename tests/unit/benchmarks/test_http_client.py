import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from benchmarks.http_client import Answer, Exchanges, LoadFailed, drive, encode_request, parse_answer
from benchmarks.load import checked

ANSWER = b"HTTP/1.1 201 Created\r\nDate: now\r\nContent-Length: 5\r\nX-Id: 1\r\n\r\nhello"


def test_a_request_without_a_body_says_nothing_of_one() -> None:
    assert encode_request("GET", "/a?b=c") == b"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def test_a_request_with_a_body_is_json() -> None:
    head, _, body = encode_request("POST", "/a", b"{}").partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[2:] == [b"Content-Type: application/json", b"Content-Length: 2"]
    assert body == b"{}"


def test_an_answer_is_read_once_it_is_complete() -> None:
    assert [parse_answer(ANSWER[:length]) for length in range(len(ANSWER))] == [None] * len(ANSWER)
    assert parse_answer(ANSWER) == Answer(201, b"hello")


def test_names_of_headers_may_be_written_in_any_way() -> None:
    assert parse_answer(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") == Answer(200, b"")


@pytest.mark.parametrize(
    ("received", "message"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "does not understand"),
        (b"SSH-2.0\r\n\r\n", "does not understand"),
        (ANSWER + b"HTTP/1.1", "beyond the end"),
    ],
)
def test_what_the_client_does_not_understand_is_a_failure(received: bytes, message: str) -> None:
    with pytest.raises(LoadFailed, match=message):
        parse_answer(received)


@asynccontextmanager
async def server(pieces: list[bytes], *, closes: bool = False) -> AsyncIterator[int]:
    """Answers each request with these pieces; the port is given."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
                if closes:
                    return
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]


async def test_each_request_gets_its_answer_and_its_latency() -> None:
    requests = itertools.islice(itertools.repeat(encode_request("GET", "/")), 10)
    async with server([ANSWER[:20], ANSWER[20:]]) as port:
        exchanges = await drive(port, 3, requests, asyncio.Event(), keeps_bodies=True)
    assert exchanges.statuses == Counter({201: 10})
    assert exchanges.bodies == [b"hello"] * 10
    assert len(exchanges.latencies) == 10
    assert 0 < max(exchanges.latencies) <= exchanges.seconds
    assert exchanges.rate == 10 / exchanges.seconds


async def test_no_request_follows_a_stop_and_none_is_left_without_its_answer() -> None:
    stop = asyncio.Event()
    sent = 0

    def requests() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            if sent == 5:
                stop.set()
            yield encode_request("GET", "/")

    async with server([ANSWER]) as port:
        exchanges = await drive(port, 2, requests(), stop)
    assert sent == 5
    assert len(exchanges.latencies) == 5
    assert exchanges.bodies == []


async def test_a_connection_that_breaks_fails_the_load() -> None:
    async with server([ANSWER[:-1]], closes=True) as port:
        with pytest.raises(LoadFailed, match="closed a connection"):
            await drive(port, 1, itertools.repeat(encode_request("GET", "/")), asyncio.Event())


async def test_an_answer_that_makes_no_sense_fails_the_load() -> None:
    async with server([b"nonsense\r\n\r\n"]) as port:
        with pytest.raises(LoadFailed, match="does not understand"):
            await drive(port, 1, itertools.repeat(encode_request("GET", "/")), asyncio.Event())


def test_a_load_counts_only_where_all_answers_are_as_they_should_be() -> None:
    good = Exchanges(statuses=Counter({201: 7}))
    assert checked(good, 201) is good
    with pytest.raises(LoadFailed, match="7 of status 201, 1 of status 503; all should have status 201"):
        checked(Exchanges(statuses=Counter({503: 1, 201: 7})), 201)
    with pytest.raises(LoadFailed, match="none"):
        checked(Exchanges(), 200)


async def test_the_rate_counts_what_was_answered_while_requests_were_sent() -> None:
    release, stop = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWER)
        await reader.readuntil(b"\r\n\r\n")
        stop.set()
        await release.wait()
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        load = asyncio.create_task(drive(port, 1, itertools.repeat(encode_request("GET", "/")), stop))
        await stop.wait()
        await asyncio.sleep(0.01)
        release.set()
        exchanges = await load
    assert (exchanges.answered, len(exchanges.latencies)) == (2, 3)
    assert exchanges.rate == 2 / exchanges.seconds
