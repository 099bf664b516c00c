"""A registry of the demo's own: the server as a process beside it, stopped when the demo ends."""

import contextlib
import re
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import httpx

from demo.failure import DemoFailed

_PATIENCE_SECONDS = 60.0


MAKE_RUN_FOLDER = Path(".data")
"""What `make run` serves."""


@contextlib.contextmanager
def starting_server(data_dir: Path) -> Iterator[Callable[[], str]]:
    """Begin to serve the registry kept in a folder on a free port; yields what waits for it and tells its address.

    That raises DemoFailed when the server does not start, with the reason that it gave.
    """
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            (sys.executable, "-m", "modelyard", "serve", "--port", "0", "--data-dir", str(data_dir)),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )

        def ready_url() -> str:
            url = _announced_url(process)
            if url is None or not is_ready(url, _PATIENCE_SECONDS, lambda: process.poll() is None):
                raise DemoFailed(
                    f"The server did not start: {_reason(process, log)}\nTo use a registry that runs already: "
                    ".venv/bin/python -m demo --url http://127.0.0.1:8000"
                )
            return url

        try:
            yield ready_url
        finally:
            _stop(process)


def is_ready(url: str, patience_seconds: float, is_worth_waiting: Callable[[], bool] = lambda: True) -> bool:
    """Ask until database and store answer, or patience ends."""
    deadline = time.monotonic() + patience_seconds
    while is_worth_waiting() and time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/ready", timeout=patience_seconds, trust_env=False).is_success:
                return True
        time.sleep(0.1)
    return False


def _announced_url(process: subprocess.Popen[str]) -> str | None:
    assert process.stdout is not None  # noqa: S101  # it was asked for
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(_PATIENCE_SECONDS) else ""
    found = re.match(r"Modelyard listens on (http://\S+)", line)
    return found[1] if found else None


def _reason(process: subprocess.Popen[str], log: IO[str]) -> str:
    """The last line that the server wrote to its log."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1)
    log.seek(0)
    lines = log.read().strip().splitlines() or ["it does not say why"]
    return lines[-1].removeprefix("modelyard: ")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
