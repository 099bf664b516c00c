"""The server as it is shipped, killed and started again."""

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.audit import Audit
from tests.faults.writers import COUNT, Writer
from tests.integration.server_process import REAL, environment

PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class RegistryProcess:
    """One registry, and the seconds that each of its starts took until `/ready` said 200."""

    data_dir: Path
    log: Path
    variables: Mapping[str, str]
    ready_after: list[float] = field(default_factory=list)
    port: int = 0
    _process: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        """Start it, and do not wait."""
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                (sys.executable, "-m", *REAL),
                cwd=self.log.parent,
                env=environment(self.data_dir, self.variables),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        began = time.monotonic()
        self.begin()
        assert self._process is not None
        assert self._process.stdout is not None
        found = re.match(r"Modelyard listens on http://\S+:(\d+) ", self._process.stdout.readline())
        assert found, self.log.read_text()[-4000:]
        self.port = int(found[1])
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(client):
            client.request("GET", "/ready")
            assert client.getresponse().status == 200, self.log.read_text()[-4000:]
        self.ready_after.append(time.monotonic() - began)

    def kill(self) -> None:
        """All of its processes at once, as the kernel does when memory runs out or the machine ends."""
        if self._process is None:
            return
        for process in [self._process.pid, *self.workers()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.communicate()
        self._process = None

    def workers(self) -> Sequence[int]:
        """The processes that it has started; none where it serves by itself."""
        assert self._process is not None
        try:
            listed = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        except FileNotFoundError:
            return []
        return [int(process) for process in listed.split()]

    def run(self, command: str, *options: str) -> str:
        """What another of its commands says on its way to success."""
        done = subprocess.run(
            (sys.executable, "-m", "modelyard", *command.split(), *options),
            cwd=self.log.parent,
            env=environment(self.data_dir, self.variables),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


class Load:
    """Writers at work on a registry, from the beginning of the block to its end."""

    def __init__(self, registry: RegistryProcess, *, largest_bytes: int, may_refuse: bool = False) -> None:
        self.writers = [Writer(place, largest_bytes=largest_bytes) for place in range(COUNT)]
        self._registry = registry
        self._may_refuse = may_refuse
        self._is_over = threading.Event()
        self.power_is_out = threading.Event()

    @property
    def acknowledged(self) -> int:
        return sum(writer.ledger.acknowledged for writer in self.writers)

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """The block ends the registry; then all writers notice, and what one was refused is raised here."""
        self._is_over.clear()
        self.power_is_out.clear()
        with ThreadPoolExecutor(COUNT) as pool:
            running = [
                pool.submit(
                    writer.run, self._registry.port, self._is_over, self.power_is_out, may_refuse=self._may_refuse
                )
                for writer in self.writers
            ]
            try:
                yield
            finally:
                self._is_over.set()
        for one in running:
            one.result()

    def audit(self, *, everything: bool = False) -> None:
        Audit(self._registry.port, self.writers).require(everything=everything)
