"""What is taken away holds at once, in every process, under load."""

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, ServerProcess, running

CLIENTS = 8
ADDRESS = "/api/v1/models/churn"
PASSWORD = "seven green bicycles"


@dataclass(slots=True)
class Caller:
    """Clients that ask again and again, each over a connection of its own; when each request began, and its status."""

    port: int
    headers: dict[str, str]
    seen: list[tuple[float, int]] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    _has_ended: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def calling(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._call) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            self.wait_for(lambda: len(self.seen) > 20 * CLIENTS)
            yield
        finally:
            self._has_ended.set()
            for thread in threads:
                thread.join(PATIENCE_SECONDS)
        assert self.faults == []

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.seen[-3:]
            assert not self.faults, self.faults
            time.sleep(0.005)

    def _call(self) -> None:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            while not self._has_ended.is_set():
                began = time.monotonic()
                client.request("GET", ADDRESS, headers=self.headers)
                answer = client.getresponse()
                answer.read()
                self.seen.append((began, answer.status))
        except (OSError, http.client.HTTPException) as fault:
            self.faults.append(fault)
        finally:
            client.close()


@dataclass(slots=True)
class Registry:
    server: ServerProcess
    token: str

    def call(self, method: str, path: str, document: object = None, expected: int = 201) -> Any:  # noqa: ANN401
        client = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_SECONDS)
        given = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        with contextlib.closing(client):
            client.request(method, f"/api/v1{path}", json.dumps(document) if document is not None else None, given)
            answer = client.getresponse()
            body = answer.read()
        assert answer.status == expected, body
        return json.loads(body) if body else None

    def enrol(self, name: str) -> tuple[int, int, str]:
        """An account that may read: the ids of its grant and of its token, and the token."""
        self.call("POST", "/accounts", {"name": name})
        grant = self.call("POST", "/grants", {"subject": f"account:{name}", "models": "*", "role": "reader"})
        made = self.call("POST", "/tokens", {"name": "load", "account": name, "scopes": ["read"]})
        return grant["id"], made["id"], made["token"]

    def session_of(self, name: str) -> str:
        """The cookie of a browser that has signed in."""
        self.call("PUT", f"/accounts/{name}/password", {"password": PASSWORD}, 204)
        client = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(client):
            form = urlencode({"account": name, "password": PASSWORD})
            kind = "application/x-www-form-urlencoded"
            client.request("POST", "/sign-in", form, {"Content-Type": kind, "Sec-Fetch-Site": "same-origin"})
            answer = client.getresponse()
            answer.read()
        assert answer.status == 303
        return answer.headers["set-cookie"].partition(";")[0]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Registry]:
    postgresql, template = (request.getfixturevalue(name) for name in ("postgresql", "migrated_template"))
    folder: Path = tmp_path_factory.mktemp("revocation") / "data"
    with postgresql.database(template) as url:
        variables = {"MODELYARD_AUTH": "tokens", "MODELYARD_DATABASE_URL": url, "MODELYARD_WORKERS": "2"}
        variables["MODELYARD_RATE_OF_FAILURES"] = "none"  # the load goes on with what was taken away
        with running(REAL, folder, **variables) as server:
            made = Registry(server, server.first_token())
            made.call("POST", "/models", {"name": "churn"})
            yield made


def revoke_token(registry: Registry, name: str, grant: int, token: int) -> None:
    registry.call("DELETE", f"/tokens/{token}", None, 204)


def revoke_role(registry: Registry, name: str, grant: int, token: int) -> None:
    registry.call("DELETE", f"/grants/{grant}", None, 204)


def deactivate(registry: Registry, name: str, grant: int, token: int) -> None:
    registry.call("PATCH", f"/accounts/{name}", {"active": False}, 200)


@pytest.mark.parametrize(
    ("take_away", "refusal"),
    [(revoke_token, 401), (revoke_role, 404), (deactivate, 401)],
    ids=["a token", "a role", "an account"],
)
def test_no_request_is_let_in_that_begins_after_the_acknowledgement(
    registry: Registry, take_away: Callable[[Registry, str, int, int], None], refusal: int
) -> None:
    name = take_away.__name__
    grant, token_id, token = registry.enrol(name)
    caller = Caller(registry.server.port, {"Authorization": f"Bearer {token}"})
    with caller.calling():
        take_away(registry, name, grant, token_id)
        acknowledged_at = time.monotonic()
        caller.wait_for(lambda: sum(began > acknowledged_at for began, _ in caller.seen[:]) > 40 * CLIENTS)
    assert_let_in_only_before(caller, acknowledged_at, refusal)


def test_a_browser_that_has_signed_out_is_let_in_by_no_process(registry: Registry) -> None:
    registry.enrol("browsing")
    cookie = registry.session_of("browsing")
    caller = Caller(registry.server.port, {"Cookie": cookie})
    with caller.calling():
        client = http.client.HTTPConnection("127.0.0.1", registry.server.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(client):
            client.request("POST", "/sign-out", headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})
            assert client.getresponse().status == 303
        acknowledged_at = time.monotonic()
        caller.wait_for(lambda: sum(began > acknowledged_at for began, _ in caller.seen[:]) > 40 * CLIENTS)
    assert_let_in_only_before(caller, acknowledged_at, 401)


def assert_let_in_only_before(caller: Caller, acknowledged_at: float, refusal: int) -> None:
    before = [status for began, status in caller.seen if began <= acknowledged_at]
    after = [status for began, status in caller.seen if began > acknowledged_at]
    assert before.count(200) > 100
    assert set(after) == {refusal}
