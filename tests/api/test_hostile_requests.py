"""What no client library would send, byte by byte over a socket: each gets an answer, and the server goes on."""

import pytest

from tests.integration.live_server import Connection
from tests.integration.server_process import ServerProcess

V1 = b"/api/v1"
FORM = b"Content-Type: multipart/form-data; boundary=b\r\n"


def request(line: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join([line + b" HTTP/1.1", b"Host: 127.0.0.1", *headers, length, b"", body])


def chunked(line: bytes, *headers: bytes, pieces: int, piece: bytes) -> bytes:
    head = b"\r\n".join([line + b" HTTP/1.1", b"Host: 127.0.0.1", *headers, b"Transfer-Encoding: chunked", b"", b""])
    return head + (b"%x\r\n%s\r\n" % (len(piece), piece)) * pieces + b"0\r\n\r\n"


def part(disposition: bytes) -> bytes:
    return b"--b\r\nContent-Disposition: form-data; name=file; %s\r\n\r\nx\r\n--b--\r\n" % disposition


JSON = b"Content-Type: application/json"
FORM_HEADER = FORM.strip()
CASES = {
    "dots in the address": (request(b"GET /api/v1/models/../../../etc/passwd"), {404}),
    "dots after a file": (request(b"GET /api/v1/models/churn/versions/1/files/../../../x"), {404}),
    "encoded dots": (request(b"GET /docs/assets/%2e%2e/%2e%2e/main.py"), {404}),
    "twice encoded dots": (request(b"GET /docs/assets/%252e%252e/x"), {404}),
    "a fragment": (request(b"GET /api/v1/models/churn#/../x"), {400, 404}),
    "an address without a slash": (request(b"GET models"), {400, 404}),
    "a whole address": (request(b"GET http://127.0.0.1/api/v1/models"), {200, 404}),
    "an address of another server": (request(b"GET http://evil.example/api/v1/models"), {200, 400, 403, 404}),
    "a star": (request(b"OPTIONS *"), {400, 404, 405}),
    "two slashes": (request(b"GET //api/v1/models"), {404}),
    "raw UTF-8 in the path": (request("GET /api/v1/models/größe".encode()), {400}),
    "raw UTF-8 in the query": (request("GET /api/v1/models?q=größe".encode()), {400}),
    "raw bytes in the query": (request(b"GET /api/v1/models?q=\xff"), {400}),
    "NUL in the path": (request(b"GET /api/v1/models/a\x00b"), {400}),
    "encoded NUL in the path": (request(b"GET /api/v1/models/a%00b"), {400}),
    "a bare line feed in a header": (request(b"GET /api/v1/models", b"X-A: b\nX-C: d"), {200, 400}),
    "a bare carriage return in a header": (request(b"GET /api/v1/models", b"X-A: b\rX-C: d"), {400}),
    "NUL in a header": (request(b"GET /api/v1/models", b"If-None-Match: \x00"), {400}),
    "a folded header": (
        request(b"PATCH /api/v1/models/x", JSON, b"X-Modelyard-Actor: a\r\n b", body=b"{}"),
        {400, 404, 422},
    ),
    "bytes in the actor": (
        request(b"POST /api/v1/models", JSON, b"X-Modelyard-Actor: \xff", body=b'{"name":"n"}'),
        {400},
    ),
    "two lengths": (request(b"POST /api/v1/models", b"Content-Length: 7", JSON, body=b"{}"), {400}),
    "length and chunks": (request(b"POST /api/v1/models", b"Transfer-Encoding: chunked", JSON, body=b"{}"), {400}),
    "a length that is no number": (request(b"POST /api/v1/models", b"Content-Length: x", JSON), {400}),
    "an endless length": (request(b"POST /api/v1/models", b"Content-Length: " + b"9" * 30, JSON), {400}),
    "an old protocol": (b"GET /health HTTP/0.9\r\n\r\n", {200, 400, 403}),
    "a new protocol": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "no protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
    "a host with a bracket": (request(b"GET /nowhere").replace(b"127.0.0.1", b"[::1"), {400, 403, 404}),
    "a large head": (request(b"GET /health", b"X-Large: " + b"x" * 2_000_000), {431}),
    "a large address": (request(b"GET /api/v1/models?q=" + b"x" * 100_000), {431}),
    "a large body in chunks": (
        chunked(b"POST /api/v1/models", JSON, pieces=300, piece=b" " * 65_536),
        {413},
    ),
    "a file name outside of Latin-1": (
        request(
            b"POST /api/v1/models/m/versions?create_model=true", FORM_HEADER, body=part('filename="表.bin"'.encode())
        ),
        {201},
    ),
    "a file name in Latin-1": (
        request(b"POST /api/v1/models/m/versions?create_model=true", FORM_HEADER, body=part(b'filename="\xfc.bin"')),
        {400},
    ),
    "NUL in a file name": (
        request(b"POST /api/v1/models/m/versions?create_model=true", FORM_HEADER, body=part(b'filename="a\x00b"')),
        {400, 422},
    ),
    "a line end in a file name": (
        request(b"POST /api/v1/models/m/versions?create_model=true", FORM_HEADER, body=part(b'filename="a\r\nb"')),
        {400, 422},
    ),
    "a form that ends nowhere": (
        request(b"POST /api/v1/models/m/versions?create_model=true", FORM_HEADER, body=b"--b\r\n" + b"x" * 100_000),
        {400},
    ),
}


@pytest.mark.parametrize(("sent", "statuses"), CASES.values(), ids=CASES)
def test_it_gets_an_answer_and_the_server_goes_on(server: ServerProcess, sent: bytes, statuses: set[int]) -> None:
    connection = Connection(server.port)
    connection.send(sent)
    answer = connection.answer()
    connection.close()
    assert answer.status in statuses, answer.body
    assert answer.headers["x-request-id"]
    assert "x-c" not in answer.headers
    if answer.status >= 400:
        assert answer.problem()["title"]
    assert server.get("/health")[0] == 200


def test_many_hostile_requests_leave_no_trace_of_a_fault(server: ServerProcess) -> None:
    for sent, _ in CASES.values():
        connection = Connection(server.port)
        connection.send(sent)
        connection.answer()
        connection.close()
    assert server.get("/ready")[0] == 200
