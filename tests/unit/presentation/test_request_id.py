import asyncio
import logging

import pytest
from starlette.types import Message, Receive, Scope, Send

from modelyard.presentation.http.request_id import RequestId, request_id_var, request_ids
from tests.fakes.telemetry import Counts
from tests.unit.presentation.asgi import Sent, http_scope, nothing_to_receive


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["state"]["request_id"] == request_id_var.get()
    await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"ab", "more_body": True})
    await send({"type": "http.response.body", "body": b"cd"})


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    raise OSError("broken")


async def serve(*headers: tuple[bytes, bytes], path: str = "/") -> Sent:
    sent = Sent()
    await RequestId(application, Counts())(http_scope(*headers, path=path), nothing_to_receive, sent.send)
    return sent


def test_made_ids_differ_within_and_among_sources() -> None:
    sources = [request_ids() for _ in range(3)]
    ids = [source() for source in sources for _ in range(100)]
    assert len(set(ids)) == 300


async def test_a_request_without_an_id_is_given_one() -> None:
    middleware = RequestId(application, Counts(), new_request_id=iter(["one", "two"]).__next__)
    for expected in (b"one", b"two"):
        sent = Sent()
        await middleware(http_scope(), nothing_to_receive, sent.send)
        assert sent.header(b"x-request-id") == [expected]
        assert sent.header(b"content-length") == [b"4"]


@pytest.mark.parametrize("value", [b"a", b"A-b_c.9", b"x" * 100])
async def test_the_callers_id_is_kept(value: bytes) -> None:
    sent = await serve((b"host", b"here"), (b"x-request-id", value))
    assert sent.header(b"x-request-id") == [value]


@pytest.mark.parametrize("value", [b"", b"x" * 101, b"a b", b"a\nb", b"a\x1bb", b"\xff", "é".encode(), b"a\n"])
async def test_a_callers_id_that_could_forge_a_log_line_is_replaced(value: bytes) -> None:
    (given,) = (await serve((b"x-request-id", value))).header(b"x-request-id")
    assert given != value
    assert given


async def test_an_answer_that_is_used_again_does_not_collect_ids() -> None:
    headers: list[tuple[bytes, bytes]] = []

    async def shared(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    await RequestId(shared, Counts())(http_scope(), nothing_to_receive, Sent().send)
    assert headers == []


async def test_after_the_request_its_id_is_gone() -> None:
    await serve()
    assert request_id_var.get() == "-"


async def test_after_a_failure_the_id_stays_for_the_record_of_the_exception() -> None:
    with pytest.raises(OSError, match="broken"):
        await RequestId(failing, Counts())(http_scope((b"x-request-id", b"mine")), nothing_to_receive, Sent().send)
    assert request_id_var.get() == "mine"


async def test_what_is_no_request_passes_untouched() -> None:
    seen: list[Scope] = []

    async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    scope: Scope = {"type": "lifespan"}
    await RequestId(lifespan, Counts())(scope, nothing_to_receive, Sent().send)
    assert seen == [{"type": "lifespan"}]


async def test_each_request_is_logged_once_with_what_happened(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "modelyard.access")
    await serve((b"x-request-id", b"mine"), path="/models/caf%C3%A9%0A")
    (record,) = caplog.records
    assert record.name == "modelyard.access"
    fields = record.__dict__
    assert {name: fields[name] for name in ("request_id", "method", "path", "status", "bytes")} == {
        "request_id": "mine", "method": "GET", "path": "/models/caf%C3%A9%0A", "status": 201, "bytes": 4,
    }  # fmt: skip
    assert fields["duration_ms"] >= 0


async def test_a_request_that_fails_is_logged_with_status_0(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "modelyard.access")
    with pytest.raises(OSError, match="broken"):
        await RequestId(failing, Counts())(http_scope(), nothing_to_receive, Sent().send)
    assert [record.__dict__["status"] for record in caplog.records] == [0]


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING])
async def test_each_request_is_counted_once_when_its_answer_has_ended(
    caplog: pytest.LogCaptureFixture, level: int
) -> None:
    caplog.set_level(level, "modelyard.access")
    counts = Counts()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await application(scope, receive, send)
        await asyncio.sleep(0.02)
        assert counts.counted == []

    await RequestId(slow, counts)(http_scope(), nothing_to_receive, Sent().send)
    assert counts.counted == [("GET", "", 201)]
    assert counts.seconds[0] >= 0.02


async def test_a_request_that_fails_without_an_answer_is_counted_with_status_0() -> None:
    counts = Counts()
    with pytest.raises(OSError, match="broken"):
        await RequestId(failing, counts)(http_scope(), nothing_to_receive, Sent().send)
    assert counts.counted == [("GET", "", 0)]


async def test_nothing_is_logged_while_the_logger_is_off(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "modelyard.access")
    await serve()
    assert caplog.records == []


async def test_messages_of_the_body_are_passed_on_as_they_are() -> None:
    sent: list[Message] = await serve()
    assert [message["body"] for message in sent[1:]] == [b"ab", b"cd"]
