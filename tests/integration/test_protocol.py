import http.client
import json
import socket
import time
from collections.abc import Iterator

import pytest

from tests.integration.live_server import PATIENCE_SECONDS, LiveServer, live_server, post

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
    while not connection.is_answered_within(SHORT_SECONDS / 10):
        connection.send(b"X: y\r\n")
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
