"""A server as a process of its own: the program as it is shipped, or the same around a stand-in application.

Run as a program, this module is the second: `python -m tests.integration.server_process serve`.
"""

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from types import ModuleType

import modelyard.__main__
from tests.integration.live_server import PATIENCE_SECONDS, StandIn

ROOT = Path(__file__).parents[2]
REAL = ("modelyard", "serve")
STAND_IN = ("tests.integration.server_process", "serve")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProcess:
    url: str
    announcement: str
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def get(self, path: str, **headers: str) -> tuple[int, Message, bytes]:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(client):
            client.request("GET", path, headers=headers)
            answer = client.getresponse()
            return answer.status, answer.headers, answer.read()

    def first_token(self) -> str:
        """What its first start tells with `MODELYARD_AUTH=tokens`, after the announcement."""
        assert self.process.stdout is not None
        return next(line.strip() for line in self.process.stdout if line.strip().startswith("mdy_"))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Exit status and what stood on stderr."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, errors


def environment(data_dir: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Settings, and a place for what it leaves behind when it is killed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MODELYARD_")}
    own = {"MODELYARD_DATA_DIR": str(data_dir), "MODELYARD_PORT": "0", "PYTHONPATH": str(ROOT)}
    return {**kept, **own, "TMPDIR": str(data_dir.parent), **variables}


def run_to_end(program: tuple[str, ...], data_dir: Path, **variables: str) -> tuple[int, str]:
    """Exit status and stderr of a program that is expected to end by itself."""
    ended = subprocess.run(
        (sys.executable, "-m", *program),
        cwd=data_dir.parent,
        env=environment(data_dir, variables),
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    return ended.returncode, ended.stderr


@contextlib.contextmanager
def running(program: tuple[str, ...], data_dir: Path, **variables: str) -> Iterator[ServerProcess]:
    """The program, from its announcement on."""
    process = subprocess.Popen(
        (sys.executable, "-m", *program),
        cwd=data_dir.parent,
        env=environment(data_dir, variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        announcement = process.stdout.readline()
        found = re.match(r"Modelyard listens on (https?://\S+) ", announcement)
        assert found, announcement
        yield ServerProcess(url=found[1], announcement=announcement, process=process)
    except BaseException as error:
        process.kill()
        error.add_note(process.communicate()[1])
        raise
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    """The command line, with the stand-in where the application would be imported from."""
    application = ModuleType("modelyard.bootstrap.asgi")
    is_broken = os.environ.get("STAND_IN") == "broken"
    application.create_app = lambda _settings: StandIn(is_broken=is_broken)  # type: ignore[attr-defined]
    sys.modules[application.__name__] = application
    modelyard.__main__.main()


if __name__ == "__main__":
    main()
