import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from modelyard.client import errors
from modelyard.client.server import Server
from modelyard.client.transport import Patience, Transport
from tests.client.scripted_server import Scripted, ScriptedServer, problem, scripted

HASTE = Patience(
    connect_seconds=1, read_seconds=0.5, deadline_seconds=2, first_pause_seconds=0.001, longest_pause_seconds=0.01
)
FINE = Scripted(200, {"is": "fine"})


@contextmanager
def asking(*answers: Scripted, token: str = "", actor: str = "") -> Iterator[tuple[Transport, ScriptedServer]]:
    with scripted(*answers) as server:
        transport = Transport(Server(url=server.url, token=token, actor=actor), HASTE)
        yield transport, server
        transport.close()


@pytest.mark.parametrize("passing", [503, 502, 504, 429, 0], ids=lambda status: f"status {status}")
def test_what_passes_is_asked_again(passing: int) -> None:
    with asking(Scripted(passing), Scripted(passing), FINE) as (transport, server):
        assert transport.get("/models") == {"is": "fine"}
        assert len(server.asked) == 3


def test_a_post_is_sent_again_under_the_same_key_so_that_it_counts_once() -> None:
    with asking(Scripted(0), FINE, FINE) as (transport, server):
        transport.post("/models", {"name": "churn"})
        transport.post("/models", {"name": "churn"})
        first, again, another = (one.headers["idempotency-key"] for one in server.asked)
        assert first == again != another
        assert server.asked[0].body == server.asked[1].body == b'{"name": "churn"}'


def test_what_must_not_be_sent_twice_is_not() -> None:
    with asking(Scripted(0), FINE) as (transport, server):
        with pytest.raises(errors.Unreachable):
            transport.request("POST", "/webhooks", body={}, is_repeatable=False)
        assert len(server.asked) == 1


def test_it_waits_as_long_as_the_registry_asks_for() -> None:
    with asking(Scripted(503, headers={"Retry-After": "1"}), FINE) as (transport, _):
        begun = time.monotonic()
        transport.get("/models")
        assert time.monotonic() - begun >= 1


def test_a_pause_beyond_the_deadline_is_not_waited_for() -> None:
    with asking(problem("database-unavailable", 503), FINE) as (transport, server):
        server.answers[0] = Scripted(503, server.answers[0].body, {"Retry-After": "3600"})
        with pytest.raises(errors.DatabaseUnavailable):
            transport.get("/models")
        assert len(server.asked) == 1


def test_a_registry_that_stays_away_is_unreachable_within_the_deadline() -> None:
    transport = Transport(Server(url="http://127.0.0.1:9"), HASTE)
    begun = time.monotonic()
    with pytest.raises(errors.Unreachable, match=r"127\.0\.0\.1:9 gave no answer: Connection refused"):
        transport.get("/models")
    assert time.monotonic() - begun < 10


def test_a_refusal_tells_all_that_the_registry_said() -> None:
    refused = problem("gate-failed", 409, hint="Train it better.", gates=[{"name": "good", "passed": False}])
    with asking(refused) as (transport, server), pytest.raises(errors.GateFailed) as caught:
        transport.get("/models")
    error = caught.value
    assert str(error) == "so it is\nTrain it better."
    assert (error.status, error.request_id, error.hint) == (409, "request-7", "Train it better.")
    assert error.details == {"gates": [{"name": "good", "passed": False}]}
    assert isinstance(error, errors.Conflict)
    assert len(server.asked) == 1


def test_each_bad_field_is_told() -> None:
    refused = problem("invalid-input", 422, errors=[{"pointer": "/colour", "message": "is no field here"}])
    with asking(refused) as (transport, _), pytest.raises(errors.InvalidInput) as caught:
        transport.get("/models")
    assert caught.value.errors == (errors.FieldError(pointer="/colour", message="is no field here"),)


def test_a_kind_of_error_that_only_a_newer_registry_has_is_an_error_all_the_same() -> None:
    with asking(problem("out-of-cheese", 418)) as (transport, _), pytest.raises(errors.RegistryError) as caught:
        transport.get("/models")
    assert caught.value.problem.code == "out-of-cheese"


@pytest.mark.parametrize(
    "answer",
    [
        Scripted(404, b"<html>nginx</html>"),
        Scripted(200, b"<html>a login page</html>"),
        Scripted(200, [1]),
        Scripted(500, {}),
    ],
    ids=["an error page", "a page", "a list", "an error without a type"],
)
def test_something_else_than_a_registry_is_told_apart(answer: Scripted) -> None:
    with asking(answer) as (transport, _), pytest.raises(errors.Unintelligible, match="Check the address"):
        transport.get("/models")


def test_a_token_says_who_asks_and_else_a_name() -> None:
    with asking(FINE, token="secret", actor="ana") as (transport, server):
        transport.get("/models")
        assert server.asked[0].headers["authorization"] == "Bearer secret"
        assert "x-modelyard-actor" not in server.asked[0].headers
    with asking(FINE, actor="ana") as (transport, server):
        transport.get("/models")
        assert server.asked[0].headers["x-modelyard-actor"] == "ana"
        assert "authorization" not in server.asked[0].headers


def test_a_redirect_to_a_store_is_followed_without_the_token() -> None:
    with scripted(Scripted(200, b"bytes")) as store:
        there = {"Location": f"{store.url}/bucket/blob?signature=x"}
        with (
            asking(Scripted(307, headers=there), token="secret") as (transport, _),
            transport.stream("GET", "/models/churn/files/a", headers={"Range": "bytes=0-4"}) as response,
        ):
            assert response.read() == b"bytes"
        assert "authorization" not in store.asked[0].headers
        assert store.asked[0].headers["range"] == "bytes=0-4"


def test_lists_are_read_page_after_page_and_no_further_than_wanted() -> None:
    pages = [
        Scripted(200, {"items": [{"n": 1}, {"n": 2}], "next_cursor": "more"}),
        Scripted(200, {"items": [{"n": 3}], "next_cursor": None}),
    ]
    with asking(*pages) as (transport, server):
        assert [one["n"] for one in transport.items("/models", {"q": "a b"})] == [1, 2, 3]
        assert [one.path for one in server.asked] == [
            "/api/v1/models?q=a+b&limit=100",
            "/api/v1/models?q=a+b&limit=100&cursor=more",
        ]
    with asking(*pages) as (transport, server):
        assert len(list(transport.items("/models", limit=2))) == 2
        assert len(server.asked) == 1
