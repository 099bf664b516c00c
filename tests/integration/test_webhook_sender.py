"""Sending once: what arrives, and what becomes of receivers that do not do as they should."""

import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from pathlib import Path

import pytest

from modelyard.domain.errors import InvalidInput
from modelyard.domain.webhook import Attempt, WebhookMessage
from modelyard.infrastructure.clock import SystemClock
from modelyard.infrastructure.webhooks.addresses import Resolver
from modelyard.infrastructure.webhooks.secrets import DerivedSecrets
from modelyard.infrastructure.webhooks.sender import FAILURES, HttpWebhookSender, resolve
from tests.servers.receiver import Answer, Received, Receiver, receiving

SECRETS = DerivedSecrets("k" * 32, Path("unused"))
SECRET = SECRETS.secret_of(SECRETS.new())
LOOPBACK = ip_network("127.0.0.0/8")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def sender(*, is_open: bool = True, resolver: Resolver = resolve) -> HttpWebhookSender:
    networks = [LOOPBACK, ip_network("::1/128")] if is_open else []
    return HttpWebhookSender(
        SystemClock(), SECRETS, networks=networks, allows_http=True, timeout_seconds=1.0, resolver=resolver
    )


def message(url: str) -> WebhookMessage:
    return WebhookMessage(webhook_id=1, url=url, secret=SECRET, id="evt_1_7", body=b'{"type":"x"}')


async def tried(sending: HttpWebhookSender, url: str) -> Attempt:
    attempt = (await sending.send(message(url))).attempt
    assert attempt
    return attempt


async def test_what_arrives_is_signed(receiver: Receiver) -> None:
    attempt = await tried(sender(), receiver.url)

    (received,) = receiver.received
    assert (attempt.status, attempt.error, attempt.has_succeeded) == (204, "", True)
    assert (received.id, received.body) == ("evt_1_7", b'{"type":"x"}')
    assert received.headers["content-type"] == "application/json"
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert received.is_signed_by(SECRET)
    assert not received.is_signed_by(SECRETS.secret_of(SECRETS.new()))


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 500, 503])
async def test_only_success_is_success(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _handler, _received: status

    attempt = await tried(sender(), receiver.url)

    assert (attempt.status, attempt.has_succeeded) == (status, False)
    assert len(receiver.received) == 1


def told(handler: BaseHTTPRequestHandler, status: int, name: str, value: str) -> int:
    handler.send_response(status)
    handler.send_header(name, value)
    handler.send_header("Content-Length", "0")
    handler.end_headers()
    return 0


async def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answer = lambda handler, _received: told(handler, 302, "Location", f"{receiver.url}/elsewhere")

    assert (await tried(sender(), receiver.url)).status == 302
    assert [received.path for received in receiver.received] == ["/hook"]


def hang(_handler: BaseHTTPRequestHandler, _received: Received) -> int:
    time.sleep(3)
    return 204


def close_early(handler: BaseHTTPRequestHandler, _received: Received) -> int:
    handler.connection.close()
    return 0


def babble(handler: BaseHTTPRequestHandler, _received: Received) -> int:
    handler.wfile.write(b"HTTP/1.1 2oo what?\r\n\r\n")
    return 0


def drip(handler: BaseHTTPRequestHandler, _received: Received) -> int:
    for byte in b"HTTP/1.1 200 OK\r\n":
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.2)
    return 0


@pytest.mark.parametrize("answer", [hang, close_early, babble, drip])
async def test_a_receiver_that_does_not_answer_costs_bounded_time_and_is_told(
    receiver: Receiver, answer: Answer
) -> None:
    receiver.answer = answer

    attempt = await tried(sender(), receiver.url)

    assert attempt.status is None
    assert attempt.error
    assert len(receiver.received) == 1


async def test_an_endless_answer_is_not_read(receiver: Receiver) -> None:
    def endless(handler: BaseHTTPRequestHandler, _: Received) -> int:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    receiver.answer = endless

    assert (await tried(sender(), receiver.url)).status == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]
)
async def test_this_machine_gets_nothing_whatever_it_is_called(receiver: Receiver, host: str) -> None:
    attempt = await tried(sender(is_open=False), f"http://{host}:{receiver.port}/hook")

    assert attempt.status is None
    assert attempt.error
    assert not receiver.received


class Names:
    """Answers of a name server, one after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        assert host.endswith(".example"), (host, port)
        self.asked += 1
        return self._answers.pop(0)


async def test_a_name_is_looked_up_once_and_what_was_checked_is_used(receiver: Receiver) -> None:
    names = Names(["127.0.0.1"], ["8.8.8.8"])

    attempt = await tried(sender(resolver=names), f"http://receiver.example:{receiver.port}/hook")

    assert attempt.status == 204
    assert names.asked == 1
    assert receiver.received[0].headers["host"] == f"receiver.example:{receiver.port}"


async def test_a_name_that_leads_here_is_refused_whenever_it_does(receiver: Receiver) -> None:
    names = Names(["127.0.0.1"])

    attempt = await tried(sender(is_open=False, resolver=names), f"http://rebind.example:{receiver.port}/hook")

    assert "is not of the public internet" in attempt.error
    assert "127.0.0.1" not in attempt.error
    assert not receiver.received


async def test_the_next_address_of_a_name_is_tried(receiver: Receiver) -> None:
    names = Names(["::1", "127.0.0.1"])

    attempt = await tried(sender(resolver=names), f"http://two.example:{receiver.port}/hook")

    assert attempt.status == 204


async def test_proxies_of_the_environment_are_not_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert (await tried(sender(), receiver.url)).status == 204


async def test_a_target_that_never_answers_is_left_alone(receiver: Receiver) -> None:
    receiver.answer = lambda _handler, _received: 503
    sending = sender()
    for _ in range(FAILURES):
        await tried(sending, receiver.url)

    outcome = await sending.send(message(receiver.url))

    assert outcome.attempt is None
    assert 0 < outcome.pause_seconds <= 60
    assert len(receiver.received) == FAILURES


async def test_a_receiver_may_ask_for_time(receiver: Receiver) -> None:
    receiver.answer = lambda handler, _received: told(handler, 429, "Retry-After", "120")

    assert (await sender().send(message(receiver.url))).pause_seconds == 120


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest"])
def test_an_address_that_is_never_sent_to_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidInput):
        sender(is_open=False).check(url)


def test_http_has_to_be_allowed() -> None:
    strict = HttpWebhookSender(SystemClock(), SECRETS, networks=[], allows_http=False, timeout_seconds=1.0)

    strict.check("https://receiver.example/hook")
    with pytest.raises(InvalidInput, match="https"):
        strict.check("http://receiver.example/hook")
