import logging
import time
from collections.abc import Iterator

import pytest

from tests.integration.live_server import PATIENCE_SECONDS, LiveServer, live_server, post

HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"
UNREADABLE = {
    "garbage": b"\x16\x03\x01\x02\x00 what is this\r\n\r\n",
    "unknown method": b"FROB / HTTP/1.1\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no such version": b"GET / HTTP/7.7\r\n\r\n",
    "tunnel": b"CONNECT here:80 HTTP/1.1\r\nHost: here\r\n\r\n",
    "bare LF in the head": b"GET / HTTP/1.1\nHost: here\n\n",
    "bare CR in a header": HEAD + b"X: a\rb\r\n\r\n",
    "bare LF in a header": HEAD + b"X: a\nY: b\r\n\r\n",
    "folded header": HEAD + b"X: a\r\n b\r\n\r\n",
    "NUL in a header": HEAD + b"X: a\x00b\r\n\r\n",
    "NUL in the path": b"GET /a\x00b HTTP/1.1\r\n\r\n",
    "space in the path": b"GET /a b HTTP/1.1\r\n\r\n",
    "non-ASCII path": b"GET /\xff HTTP/1.1\r\n\r\n",
    "path that is none": b"GET ?x HTTP/1.1\r\n\r\n",
    "space before the colon": HEAD + b"X : a\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "the same length twice": HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "list of lengths": HEAD + b"Content-Length: 1, 1\r\n\r\na",
    "negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "length with a sign": HEAD + b"Content-Length: +1\r\n\r\na",
    "endless length": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "length and chunks": HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
    "unknown coding": b"DELETE /coding HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n",
    "coding below chunks": b"DELETE /coding HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "broken chunk size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nZ\r\n",
    "broken end of a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcX0\r\n\r\n",
}


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with live_server() as running:
        yield running


@pytest.mark.parametrize("request_bytes", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_answered_with_400(server: LiveServer, request_bytes: bytes) -> None:
    answer, rest = server.exchange(request_bytes)
    assert answer.status == 400
    assert answer.problem()["type"] == "urn:modelyard:error:malformed-request"
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-request-id"]
    assert rest == b""


def test_a_refusal_is_logged_beside_the_requests(server: LiveServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "modelyard.access")
    answer, _ = server.exchange(UNREADABLE["garbage"])
    logged = [(record.__dict__["request_id"], record.__dict__["status"]) for record in caplog.records]
    assert (answer.headers["x-request-id"], 400) in logged


def test_an_unknown_coding_is_refused_before_the_application_acts(server: LiveServer) -> None:
    server.exchange(UNREADABLE["unknown coding"])
    assert "/coding" not in [path for path, _ in server.served]


def test_requests_before_an_unreadable_one_are_answered_first(server: LiveServer) -> None:
    connection = server.connect()
    connection.send(post("/late", b"1") + post("/2", b"2") + b"garbage\r\n\r\n")
    assert [connection.answer().body for _ in range(2)] == [b"/late 1", b"/2 2"]
    assert connection.answer().status == 400
    assert connection.rest() == b""


def test_a_queued_request_with_a_broken_body_is_answered_in_its_turn(server: LiveServer) -> None:
    broken = b"POST /broken HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n"
    connection = server.connect()
    connection.send(post("/late", b"1") + broken)
    assert connection.answer().body == b"/late 1"
    assert connection.answer().status == 400
    assert connection.rest() == b""
    assert "/broken" not in [path for path, _ in server.served]


def test_the_application_learns_that_a_body_is_broken(server: LiveServer) -> None:
    connection = server.connect()
    connection.send(b"POST /halfway HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    connection.send(b"Z\r\n")
    assert connection.answer().status == 400
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while ("/halfway", b"disconnected") not in server.served and time.monotonic() < ends_at:
        time.sleep(0.01)
    assert ("/halfway", b"disconnected") in server.served


def test_a_broken_end_of_a_body_that_nobody_reads_gets_no_second_answer(server: LiveServer) -> None:
    connection = server.connect()
    connection.send(b"POST /early HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert connection.answer().body == b"early"
    connection.send(b"Z\r\n")
    assert connection.rest() == b""
