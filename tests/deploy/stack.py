"""What `deploy/compose` runs, as processes of this machine: with its commands and variables, on other ports."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.deploy.files import Document, compose, environment_of_image
from tests.servers.nginx import PROXY
from tests.servers.seaweedfs import PORTS, free_ports

PATIENCE_SECONDS = 60.0
SERVICES: dict[str, Document] = compose()["services"]
SERVERS = ("server-1", "server-2")


@dataclass(slots=True, kw_only=True)
class Stack:
    """`here` says what stands in this place for the host names, ports and folders of the file."""

    folder: Path
    here: Mapping[str, str]
    _running: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    def placed(self, text: str) -> str:
        longest_first = sorted(self.here, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), lambda found: self.here[found[0]], text)

    def variables(self, service: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "AWS_"))}
        own = {"MODELYARD_DATA_DIR": str(self.data_of(service)), "MODELYARD_PORT": self.placed("8000")}
        own["TMPDIR"] = str(self._root(service))
        told = {name: self.placed(value) for name, value in given(service).items()}
        return {**kept, **environment_of_image("MODELYARD_"), **own, **told}

    def data_of(self, service: str) -> Path:
        return self.folder / service / "data"

    def run(self, service: str, words: Sequence[str] = ()) -> "subprocess.CompletedProcess[str]":
        """The command of a service, or another one in its place, to its end."""
        return subprocess.run(
            self.command(words or SERVICES[service]["command"]),
            cwd=self._root(service),
            env=self.variables(service),
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )

    def command(self, words: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "modelyard", *map(self.placed, words)]

    def start(self, service: str, command: Sequence[str], url: str) -> None:
        """Return when it answers `url`."""
        self._begin(service, command)
        self._await(service, url)

    def serve(self, *servers: str) -> None:
        """Start servers at once; return when all are ready."""
        for server in servers:
            self._begin(server, self.command(SERVICES[server]["command"]))
        for server in servers:
            self._await(server, f"{self.url_of(server)}/ready")

    def _begin(self, service: str, command: Sequence[str]) -> None:
        root = self._root(service)
        with (self.folder / f"{service}.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=root, env=self.variables(service), stdout=log, stderr=log)
        self._running[service] = process

    def url_of(self, server: str) -> str:
        return self.placed(f"http://{given(server)['MODELYARD_HOST']}:8000")

    def stop(self, service: str) -> int:
        """As `docker compose stop`; the exit status."""
        process = self._running.pop(service)
        process.terminate()
        return process.wait(PATIENCE_SECONDS)

    def end(self) -> None:
        """All at once, the store too, which would take its time."""
        for process in self._running.values():
            process.kill()
            process.wait()

    def log_of(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text(encoding="utf-8", errors="replace")

    def _root(self, service: str) -> Path:
        folder = self.folder / service
        folder.mkdir(exist_ok=True)
        return folder

    def _await(self, service: str, url: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and self._running[service].poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(url, trust_env=False, timeout=PATIENCE_SECONDS).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"{service} is not ready:\n{self.log_of(service)[-3000:]}")


def given(service: str) -> dict[str, str]:
    variables: dict[str, str] = SERVICES[service]["environment"]
    return variables


def places(folder: Path, database_url: str) -> dict[str, str]:
    """For what the file names, what is free here."""
    numbers = ("8000", "8333", "8443")
    ports = dict(zip(numbers, map(str, free_ports(len(numbers))), strict=True))
    return {
        given("migration")["MODELYARD_DATABASE_URL"]: database_url,
        **ports,
        given("server-1")["MODELYARD_TRUSTED_PROXIES"]: PROXY,
        **{given(name)["MODELYARD_HOST"]: f"127.0.0.{number}" for number, name in enumerate(SERVERS, 3)},
        "8443 ssl": f"127.0.0.1:{ports['8443']} ssl",
        "seaweedfs:": "127.0.0.1:",
        "-ip=seaweedfs": "-ip=127.0.0.1",
        "0.0.0.0": "127.0.0.1",  # noqa: S104  # what the file says, and not what happens here
        "/data": str(folder / "seaweedfs" / "data"),
        "/backup": str(folder / "backup"),
    }


def weed(stack: Stack) -> list[str]:
    """The store's command; the ports that the file leaves to their defaults are given, since others run here too."""
    stack.data_of("seaweedfs").mkdir(parents=True)
    others = [name for name in PORTS if name != "s3.port"]
    ports = [f"-{name}={port}" for name, port in zip(others, free_ports(len(others)), strict=True)]
    sockets = [f"-{name}.localSocket={stack.folder / name}.sock" for name in ("filer", "s3")]
    program = Path(sys.executable).with_name(SERVICES["seaweedfs"]["entrypoint"][0])
    return [str(program), *map(stack.placed, SERVICES["seaweedfs"]["command"]), *ports, *sockets]


def health_of(service: str) -> str:
    """The address that the service's health check asks."""
    address: str = SERVICES[service]["healthcheck"]["test"][-1]
    return address
