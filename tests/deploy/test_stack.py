"""Database, store, two servers and nginx as `deploy/compose` runs them, from the proxy's TLS to a backup."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.deploy.callers import PASSWORD, past_proxy, sign_in, through_proxy
from tests.deploy.files import stage
from tests.deploy.proxy import program, proxy_of
from tests.deploy.stack import SERVERS, Stack, health_of, places, weed
from tests.postgresql_server import Databases
from tests.servers.nginx import PROXY

CONTENT = b"weights"
API = "/api/v1"
SESSION = "__Host-modelyard_session"
FAILURES = 60
"""Wrong tokens that a process takes from one address in a minute, where no setting says otherwise."""
PROCESSES = 4


@pytest.fixture(scope="module")
def unmigrated(postgresql: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An empty database and the store."""
    program("nginx")
    folder = tmp_path_factory.mktemp("stack")
    with postgresql.database() as url:
        stack = Stack(folder=folder, here=places(folder, url))
        try:
            stack.start("seaweedfs", weed(stack), stack.placed(health_of("seaweedfs")))
            yield stack
        finally:
            stack.end()


@pytest.fixture(scope="module")
def stack(unmigrated: Stack) -> Iterator[Stack]:
    """All of it. That a server refuses the empty database is seen on the way."""
    refused = unmigrated.run("server-1")
    assert (refused.returncode, "modelyard db upgrade" in refused.stderr) == (1, True), refused.stderr
    migrated = unmigrated.run("migration")
    assert migrated.returncode == 0, migrated.stderr
    unmigrated.serve(*SERVERS)
    with proxy_of(unmigrated):
        yield unmigrated


@pytest.fixture(scope="module")
def told(stack: Stack) -> str:
    """The token in the logs: one, though two servers with two workers each came up at once on an empty database."""
    (token,) = [token for name in SERVERS for token in re.findall(r"mdy_\S+", stack.log_of(name))]
    return str(token)


@pytest.fixture(scope="module")
def token(stack: Stack, told: str) -> str:
    """The operator's, who has replaced the one in the log as the page says."""
    with through_proxy(stack, told) as first:
        (listed,) = first.get(f"{API}/tokens").json()["items"]
        answer = first.post(f"{API}/tokens/{listed['id']}/rotate")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


@pytest.fixture(scope="module")
def administrator(stack: Stack, token: str) -> str:
    """Their account, which has a password now."""
    with through_proxy(stack, token) as client:
        assert client.put(f"{API}/me/password", json={"password": PASSWORD}).status_code == 204
    return "admin"


@pytest.fixture
def client(stack: Stack, token: str) -> Iterator[httpx.Client]:
    with through_proxy(stack, token) as client:
        yield client


def upload(client: httpx.Client, model: str) -> httpx.Response:
    return client.post(f"{API}/models/{model}/versions?create_model=true", files={"file": ("model.bin", CONTENT)})


def test_a_version_goes_in_by_the_proxy_and_every_server_has_it(stack: Stack, client: httpx.Client, token: str) -> None:
    made = upload(client, "churn")
    assert made.status_code == 201, made.text
    for name in SERVERS:
        with past_proxy(stack, name, token) as direct:
            assert direct.get(f"{API}/models/churn/versions/1/files/model.bin").content == CONTENT
    events = client.get(f"{API}/models/churn/events").json()["items"]
    assert {event["actor"] for event in events} == {"admin"}


@pytest.mark.parametrize("path", ["/", "/tokens", f"{API}/models", f"{API}/accounts", f"{API}/models/churn/versions"])
def test_nobody_comes_in_without_a_token(stack: Stack, told: str, token: str, path: str) -> None:
    """The one that the first start told is none since it was replaced."""
    assert told != token
    for wrong in ("", told, "mdy_guess"):
        with through_proxy(stack, wrong) as stranger:
            answer = stranger.get(path, headers={"X-Modelyard-Actor": "admin"})
            assert answer.status_code == 401, (wrong, answer.text)


def test_the_proxy_speaks_nothing_but_tls(stack: Stack) -> None:
    plain = httpx.get(f"http://127.0.0.1:{stack.placed('8443')}{API}/models", trust_env=False, timeout=60)
    assert plain.status_code == 400


def test_a_browser_that_signs_in_keeps_a_cookie_that_stays_on_tls(stack: Stack, administrator: str) -> None:
    with through_proxy(stack) as browser:
        cookie = sign_in(browser, administrator, Origin=str(browser.base_url).rstrip("/"))[SESSION]
        assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")
        pages = [browser.get("/", headers={"Accept": "text/html"}) for _ in range(2 * PROCESSES)]
    assert {page.status_code for page in pages} == {200}


@pytest.mark.parametrize("server", SERVERS)
def test_whoever_goes_past_the_proxy_is_not_believed(stack: Stack, administrator: str, server: str) -> None:
    """A server itself speaks no TLS, so that whoever says that they came over it makes that up."""
    with past_proxy(stack, server) as stranger, past_proxy(stack, server, address=PROXY) as proxy:
        assert SESSION not in sign_in(stranger, administrator, **{"X-Forwarded-Proto": "https"})
        assert SESSION in sign_in(proxy, administrator, **{"X-Forwarded-Proto": "https"})


def refused_at(guesser: httpx.Client) -> int:
    """After how many wrong tokens, each from an address that is made up, they are not even looked at; 0 for never.

    Failures are counted by the minute, so a count may begin anew on the way.
    """
    for number in range(2 * FAILURES * PROCESSES + PROCESSES):
        forged = f"198.51.{number // 250}.{number % 250 + 1}"
        headers = {"X-Forwarded-For": forged, "X-Real-IP": forged, "Forwarded": f"for={forged}"}
        answer = guesser.get(f"{API}/models", headers={**headers, "Authorization": f"Bearer mdy_{number}"})
        if answer.status_code == 429:
            return number
        assert answer.status_code == 401, answer.text
    return 0


def test_an_address_that_is_made_up_does_not_help_against_the_limit_of_failures(stack: Stack, token: str) -> None:
    guesses = {"Authorization": "Bearer mdy_guess"}
    with through_proxy(stack, address="127.0.0.21") as guesser, through_proxy(stack, address="127.0.0.22") as other:
        assert refused_at(guesser) >= FAILURES
        assert (
            other.get(f"{API}/models", headers=guesses).status_code == 401
        )  # it is somebody else, who has failed once
        let_in = guesser.get(f"{API}/models", headers={"Authorization": f"Bearer {token}"})
        assert let_in.status_code == 200
    with past_proxy(stack, "server-1", address="127.0.0.23") as guesser:
        assert refused_at(guesser) >= FAILURES


def test_that_limit_would_be_missed_if_the_proxy_passed_on_what_clients_say(stack: Stack) -> None:
    with past_proxy(stack, "server-1", address=PROXY) as believed:
        assert refused_at(believed) == 0


def test_the_health_checks_find_everything_well_without_a_token(stack: Stack) -> None:
    address = stack.placed(health_of("proxy")).replace(f"https://127.0.0.1:{stack.placed('8443')}", "")
    with through_proxy(stack) as stranger:
        assert stranger.get(address).json() == {"status": "ready"}
    _, health, *options = json.loads(dict(stage("runtime"))["HEALTHCHECK"].partition(" CMD ")[2])
    for name in SERVERS:
        outcome = stack.run(name, [health, *options])
        assert (outcome.returncode, outcome.stdout) == (0, "alive\n"), outcome.stderr


def test_servers_leave_nothing_in_their_folder_but_a_lock(stack: Stack, client: httpx.Client) -> None:
    assert upload(client, "folders").status_code == 201
    for name in SERVERS:
        assert sum(path.stat().st_size for path in stack.data_of(name).rglob("*") if path.is_file()) < 4096
        assert not (stack.data_of(name) / "blobs").exists()
    assert not stack.data_of("migration").exists()


def test_a_server_may_be_replaced_while_requests_come_and_tells_no_other_token(
    stack: Stack, client: httpx.Client, told: str
) -> None:
    assert upload(client, "steady").status_code == 201
    assert stack.stop("server-1") == 0
    assert [client.get(f"{API}/models/steady").status_code for _ in range(10)] == [200] * 10
    stack.serve("server-1")
    assert [client.get(f"{API}/models/steady").status_code for _ in range(10)] == [200] * 10
    assert set(re.findall(r"mdy_\S+", "".join(map(stack.log_of, SERVERS)))) == {told}


def test_a_backup_holds_it_all(stack: Stack, client: httpx.Client) -> None:
    (stack.folder / "backup").mkdir()
    assert upload(client, "kept").status_code == 201
    outcome = stack.run("backup")
    assert outcome.returncode == 0, outcome.stderr
    blobs = [
        path.read_bytes() for path in (stack.folder / "backup" / "registry" / "blobs").rglob("*") if path.is_file()
    ]
    assert CONTENT in blobs
