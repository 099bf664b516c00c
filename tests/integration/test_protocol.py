import http.client
import json
import socket
import time
from collections.abc import Iterator

import pytest

from tests.integration.live_server import PATIENCE_SECONDS, LiveServer, live_server

HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"
WHOLE = HEAD + b"\r\n"
SHORT_SECONDS = 0.6


@pytest.fixture(scope="module")
def patient() -> Iterator[LiveServer]:
    """A server whose deadlines no test reaches."""
    with live_server() as server:
        yield server


@pytest.fixture(scope="module")
def strict() -> Iterator[LiveServer]:
    """A server whose deadlines pass at once."""
    with live_server(header_timeout_seconds=SHORT_SECONDS, body_timeout_seconds=SHORT_SECONDS) as server:
        yield server


def post(path: str, body: bytes, *headers: bytes) -> bytes:
    lines = [b"POST %s HTTP/1.1" % path.encode(), b"Host: here", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


def test_one_connection_serves_many_requests(patient: LiveServer) -> None:
    connection = patient.connect()
    for number in range(5):
        connection.send(post(f"/{number}", b"x"))
        assert connection.answer().body == b"/%d x" % number


def test_pipelined_requests_are_answered_in_order(patient: LiveServer) -> None:
    connection = patient.connect()
    connection.send(post("/late", b"1") + post("/2", b"22") + WHOLE + post("/3", b"333"))
    assert [connection.answer().body for _ in range(4)] == [b"/late 1", b"/2 22", b"/ ", b"/3 333"]


def test_a_head_may_come_in_many_pieces(patient: LiveServer) -> None:
    connection = patient.connect()
    for byte in WHOLE:
        connection.send(bytes([byte]))
    assert connection.answer().status == 200


def test_a_large_body_does_not_count_as_head(patient: LiveServer) -> None:
    body = b"x" * 1_000_000
    connection = patient.connect()
    connection.send(post("/large", body) + WHOLE)
    assert connection.answer().body == b"/large " + body
    assert connection.answer().body == b"/ "


def test_a_chunked_body_arrives_and_its_trailers_do_not_become_headers(patient: LiveServer) -> None:
    connection = patient.connect()
    chunks = b"3\r\nabc\r\n2;why=not\r\nde\r\n0\r\nX-Trailer: late\r\n\r\n"
    connection.send(b"POST /headers HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    names = [name for name, _ in json.loads(connection.answer().body)]
    assert names == ["host", "transfer-encoding"]
    assert patient.served[-1] == ("/headers", b"abcde")


def test_a_silent_connection_is_closed(strict: LiveServer) -> None:
    assert strict.connect().rest() == b""


def test_a_connection_that_sends_only_empty_lines_is_closed(strict: LiveServer) -> None:
    connection = strict.connect()
    connection.send(b"\r\n" * 3)
    assert connection.rest() == b""


def test_a_head_that_stops_is_answered_with_408(strict: LiveServer) -> None:
    answer, rest = strict.exchange(HEAD + b"X-Unfinished: ")
    assert answer.status == 408
    assert answer.problem()["type"] == "urn:modelyard:error:request-timeout"
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-request-id"]
    assert rest == b""


def test_a_head_that_drips_is_answered_with_408(strict: LiveServer) -> None:
    connection = strict.connect()
    connection.send(HEAD)
    ends_at = time.monotonic() + 2 * SHORT_SECONDS
    while time.monotonic() < ends_at:  # the connection is still read for a while after its answer
        connection.send(b"X: y\r\n")
        time.sleep(SHORT_SECONDS / 10)
    assert connection.answer().status == 408


def test_the_second_head_on_a_connection_has_the_same_deadline(strict: LiveServer) -> None:
    connection = strict.connect()
    connection.send(WHOLE + HEAD)
    assert connection.answer().status == 200
    assert connection.answer().status == 408
    assert connection.rest() == b""


def test_an_idle_connection_outlives_the_deadline_of_heads(strict: LiveServer) -> None:
    connection = strict.connect()
    connection.send(WHOLE)
    assert connection.answer().status == 200
    time.sleep(2 * SHORT_SECONDS)
    connection.send(WHOLE)
    assert connection.answer().status == 200


def test_a_slow_application_has_no_deadline() -> None:
    with live_server(header_timeout_seconds=0.2) as server:
        connection = server.connect()
        connection.send(post("/late", b"x"))
        assert connection.answer().body == b"/late x"


def test_a_body_that_stops_is_answered_with_408(strict: LiveServer) -> None:
    answer, rest = strict.exchange(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nabc")
    assert answer.status == 408
    assert answer.headers["connection"] == "close"
    assert rest == b""


def test_a_body_that_nobody_reads_cannot_hold_the_connection(strict: LiveServer) -> None:
    answer, rest = strict.exchange(b"POST /early HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nabc")
    assert answer.body == b"early"
    assert rest == b""


def test_a_request_answered_early_may_still_send_its_body(patient: LiveServer) -> None:
    connection = patient.connect()
    connection.send(b"POST /early HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nabc")
    assert connection.answer().body == b"early"
    connection.send(b"defghi" + WHOLE)
    assert connection.answer().body == b"/ "


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(HEAD + b"X-Large: ", id="one header"),
        pytest.param(b"GET /", id="request line"),
        pytest.param(HEAD + b"X-Many: y\r\n" * 200_000, id="many headers"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", id="chunk extension"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nTrailer: ", id="trailer"),
        pytest.param(WHOLE + HEAD + b"X-Large: ", id="second on the connection"),
    ],
)
def test_two_megabytes_of_head_are_answered_with_431(patient: LiveServer, start: bytes) -> None:
    connection = patient.connect()
    connection.send(start + b"a" * 2_000_000)
    answer = connection.answer()
    if start.startswith(WHOLE):
        answer = connection.answer()
    assert answer.status == 431
    assert answer.problem()["type"] == "urn:modelyard:error:request-header-fields-too-large"
    assert answer.headers["x-request-id"]
    assert connection.rest() == b""


@pytest.mark.parametrize(("size_bytes", "status"), [(1024, 200), (1025, 431)])
def test_the_bound_of_a_head_is_exact(size_bytes: int, status: int) -> None:
    padding = size_bytes - len(b"/") - len(b"Host: here\r\n") - len(b"X: \r\n")
    with live_server(max_header_bytes=1024) as server:
        connection = server.connect()
        connection.send(HEAD + b"X: " + b"a" * padding + b"\r\n\r\n")
        assert connection.answer().status == status


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


@pytest.mark.parametrize("request_bytes", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_answered_with_400(patient: LiveServer, request_bytes: bytes) -> None:
    answer, rest = patient.exchange(request_bytes)
    assert answer.status == 400
    assert answer.problem()["type"] == "urn:modelyard:error:malformed-request"
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-request-id"]
    assert rest == b""


def test_an_unknown_coding_is_refused_before_the_application_acts(patient: LiveServer) -> None:
    patient.exchange(UNREADABLE["unknown coding"])
    assert "/coding" not in [path for path, _ in patient.served]


def test_requests_before_an_unreadable_one_are_answered_first(patient: LiveServer) -> None:
    connection = patient.connect()
    connection.send(post("/late", b"1") + post("/2", b"2") + b"garbage\r\n\r\n")
    assert [connection.answer().body for _ in range(2)] == [b"/late 1", b"/2 2"]
    assert connection.answer().status == 400
    assert connection.rest() == b""


def test_a_queued_request_with_a_broken_body_is_answered_in_its_turn(patient: LiveServer) -> None:
    broken = b"POST /broken HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n"
    connection = patient.connect()
    connection.send(post("/late", b"1") + broken)
    assert connection.answer().body == b"/late 1"
    assert connection.answer().status == 400
    assert connection.rest() == b""
    assert "/broken" not in [path for path, _ in patient.served]


def test_the_application_learns_that_a_body_is_broken(patient: LiveServer) -> None:
    connection = patient.connect()
    connection.send(b"POST /halfway HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    connection.send(b"Z\r\n")
    assert connection.answer().status == 400
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while ("/halfway", b"disconnected") not in patient.served and time.monotonic() < ends_at:
        time.sleep(0.01)
    assert ("/halfway", b"disconnected") in patient.served


def test_a_broken_end_of_a_body_that_nobody_reads_gets_no_second_answer(patient: LiveServer) -> None:
    connection = patient.connect()
    connection.send(b"POST /early HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert connection.answer().body == b"early"
    connection.send(b"Z\r\n")
    assert connection.rest() == b""


@pytest.mark.parametrize("pieces", [1, 2], ids=["in one piece", "body apart"])
def test_a_request_that_asks_for_an_upgrade_is_served_with_its_body(patient: LiveServer, pieces: int) -> None:
    upgrade = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk")
    whole = post("/upgrade", b"body", *upgrade)
    connection = patient.connect()
    if pieces == 1:
        connection.send(whole + WHOLE)
    else:
        connection.send(whole[:-4])
        time.sleep(0.05)
        connection.send(whole[-4:] + WHOLE)
    assert connection.answer().body == b"/upgrade body"
    assert connection.answer().body == b"/ "


def test_a_client_that_sends_expect_gets_100_continue(patient: LiveServer) -> None:
    connection = patient.connect()
    connection.send(post("/expect", b"", b"Expect: 100-continue").replace(b"Length: 0", b"Length: 3"))
    assert connection.line() == b"HTTP/1.1 100 Continue\r\n"
    assert connection.line() == b"\r\n"
    connection.send(b"abc")
    assert connection.answer().body == b"/expect abc"


def test_hundreds_of_slow_connections_leave_others_served(patient: LiveServer) -> None:
    slow = [socket.create_connection(("127.0.0.1", patient.port)) for _ in range(250)]
    try:
        for number, connection in enumerate(slow):
            connection.send((HEAD, b"", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\na")[number % 3])
        client = http.client.HTTPConnection("127.0.0.1", patient.port, timeout=PATIENCE_SECONDS)
        for _ in range(50):
            client.request("GET", "/")
            assert client.getresponse().read() == b"/ "
        client.close()
    finally:
        for connection in slow:
            connection.close()
