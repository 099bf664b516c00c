"""Several servers with several workers each, on one PostgreSQL and one bucket, and nginx in front where it is there."""

import asyncio
import contextlib
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.integration.server_process import environment
from tests.postgresql_server import Databases
from tests.servers.nginx import PROXY, Nginx, nginx_before
from tests.servers.seaweedfs import S3Bucket, S3Server, free_ports, new_bucket

SERVERS = 2
WORKERS = 2
PATIENCE_SECONDS = 60.0
SECRET_KEY = "of all servers of a cluster in tests"
"""Whichever server sends signs as the one that made the webhook would."""


@dataclass(slots=True, kw_only=True)
class Replica:
    """One server of a cluster: a parent and its workers, always on the same port."""

    number: int
    port: int
    folder: Path
    variables: Mapping[str, str]
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Begin; `await_ready` returns when it serves."""
        variables = {**self.variables, "MODELYARD_PORT": str(self.port)}
        with (self.folder / "log").open("ab") as log, (self.folder / "told").open("ab") as told:
            self._process = subprocess.Popen(
                (sys.executable, "-m", "modelyard", "serve"),
                cwd=self.folder,
                env=environment(self.folder / "data", variables),
                stdout=told,
                stderr=log,
            )

    def await_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.is_running and time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/ready", timeout=PATIENCE_SECONDS, trust_env=False).status_code == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"server {self.number} does not answer:\n{self.log()[-4000:]}")

    def stop(self) -> int:
        """Ask it to end, and wait; its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """All its processes at once, as the kernel does it when memory is out."""
        assert self._process is not None
        for process in (self.pid, *self.workers()):
            os.kill(process, signal.SIGKILL)
        self._process.wait()

    def workers(self) -> list[int]:
        """The processes that serve."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            return list(map(int, Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()))
        return []

    def tokens(self) -> list[str]:
        """What it told its operator, on any of its starts."""
        return re.findall(r"mdy_\S+", (self.folder / "told").read_text(encoding="utf-8"))

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")


@dataclass(slots=True, kw_only=True)
class Cluster:
    """Servers that share a registry. What a test stops or kills is there again for the next one."""

    servers: tuple[Replica, ...]
    database_url: str
    bucket: S3Bucket
    nginx: Nginx | None
    token: str
    """Of the administrator that the first start made: one, however many servers and workers start at once."""
    _turns: "itertools.count[int]" = field(default_factory=itertools.count)

    def anywhere(self) -> Replica:
        """Each time the next server that runs."""
        running = [server for server in self.servers if server.is_running]
        return running[next(self._turns) % len(running)]

    def in_order(self) -> Iterator[Replica]:
        """All servers, whether they run or not, each time beginning with the next one."""
        first = next(self._turns)
        return (self.servers[(first + step) % len(self.servers)] for step in range(len(self.servers)))

    def heal(self) -> None:
        """Start again what does not run."""
        stopped = [server for server in self.servers if not server.is_running]
        for server in stopped:
            server.start()
        for server in stopped:
            server.await_ready()

    @contextlib.asynccontextmanager
    async def at(self, server: Replica) -> AsyncIterator[httpx.AsyncClient]:
        """A client of one of the servers."""
        async with self._client(server.url, httpx.AsyncHTTPTransport(limits=_MANY)) as client:
            yield client

    @contextlib.asynccontextmanager
    async def in_turn(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client whose every request goes to the next server."""
        async with self._client("http://127.0.0.1", _InTurn(self)) as client:
            yield client

    @contextlib.asynccontextmanager
    async def in_front(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client of nginx; where there is none, one that goes to another server when the first is gone."""
        if self.nginx is None:
            async with self._client("http://127.0.0.1", _FailingOver(self)) as client:
                yield client
        else:
            async with self._client(self.nginx.url, httpx.AsyncHTTPTransport(limits=_MANY)) as client:
                yield client

    def authorization(self) -> dict[str, str]:
        """The header that says who calls."""
        return {"Authorization": f"Bearer {self.token}"}

    def _client(self, url: str, transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"{url}/api/v1", transport=transport, headers=self.authorization(), timeout=PATIENCE_SECONDS
        )


_MANY = httpx.Limits(max_connections=None, max_keepalive_connections=64)


class _InTurn(httpx.AsyncBaseTransport):
    """Sends each request to the next server of a cluster, on a connection of its own: to whichever worker takes it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.send(request, self._cluster.anywhere())

    async def send(self, request: httpx.Request, server: Replica) -> httpx.Response:
        request.url = request.url.copy_with(port=server.port)
        request.headers["host"] = f"127.0.0.1:{server.port}"
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()


class _FailingOver(_InTurn):
    """Tries each server once and repeats what may be repeated, as the configuration of nginx does."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        may_repeat = request.method in {"GET", "HEAD", "PUT", "DELETE"} or "idempotency-key" in request.headers
        failure: httpx.TransportError | None = None
        for server in self._cluster.in_order():
            try:
                return await self.send(request, server)
            except httpx.ConnectError as error:
                failure = error
            except httpx.TransportError as error:
                if not may_repeat:
                    raise
                failure = error
        assert failure is not None
        raise failure


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


@contextlib.contextmanager
def serving_cluster(
    database_url: str, bucket: S3Bucket, folder: Path, *, has_nginx: bool = True, **variables: str
) -> Iterator[Cluster]:
    """A cluster on a migrated database and an empty prefix, from the moment on at which all servers are ready."""
    ports = free_ports(SERVERS)
    servers = tuple(_replica(number, port, folder, database_url) for number, port in enumerate(ports))
    shared = {
        "MODELYARD_AUTH": "tokens",
        "MODELYARD_SECRET_KEY": SECRET_KEY,
        "MODELYARD_TRUSTED_PROXIES": PROXY,
        "MODELYARD_WORKERS": str(WORKERS),
    }
    for server in servers:
        server.variables = {**shared, **bucket.environment(), **server.variables, **variables}
    with contextlib.ExitStack() as stack:
        for server in servers:
            server.start()
            stack.callback(_end, server)
        for server in servers:
            server.await_ready()
        (token,) = [token for server in servers for token in server.tokens()]
        nginx = stack.enter_context(nginx_before(ports, folder)) if has_nginx else None
        yield Cluster(servers=servers, database_url=database_url, bucket=bucket, nginx=nginx, token=token)


def _replica(number: int, port: int, folder: Path, database_url: str) -> Replica:
    """By the name of its connections, tests tell in the database which server they belong to."""
    own = folder / f"server-{number}"
    own.mkdir()
    separator = "&" if "?" in database_url else "?"
    variables = {"MODELYARD_DATABASE_URL": f"{database_url}{separator}application_name=server-{number}"}
    return Replica(number=number, port=port, folder=own, variables=variables)


def _end(server: Replica) -> None:
    if server.is_running:
        server.kill()


@pytest.fixture(scope="session")
def running_cluster(
    postgresql: Databases, migrated_template: str, s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """The cluster that all tests of this process share."""
    folder = tmp_path_factory.mktemp("cluster")
    with (
        postgresql.database(migrated_template) as url,
        serving_cluster(url, new_bucket(s3_server), folder, MODELYARD_GC_INTERVAL_SECONDS="1") as cluster,
    ):
        yield cluster


@pytest.fixture
def cluster(running_cluster: Cluster) -> Iterator[Cluster]:
    """Two servers with two workers each. Tests share its registry, so each has names of its own for its models."""
    running_cluster.heal()
    yield running_cluster
    running_cluster.heal()
