"""`make demo` as a newcomer runs it: a program of its own, on a folder, or on a registry that runs already."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, ROOT, ServerProcess, running

MODELS = ("demo.tumours", "demo.wine", "demo.digits", "demo.diabetes")
PROVEN = "✓ What came out is what went in."


def run_demo(folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Exit status and all output of a demo started in a folder, where no setting of the developer's reaches it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "COLUMNS"))}
    path = os.pathsep.join(filter(None, (str(ROOT), kept.get("PYTHONPATH"))))
    ended = subprocess.run(
        (sys.executable, "-W", "error", "-m", "demo", *arguments),
        cwd=folder,
        env={**kept, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1", **variables},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=2 * PATIENCE_SECONDS,
    )
    return ended.returncode, ended.stdout


def production_of(server: ServerProcess, model: str) -> dict[str, Any]:
    status, _, body = server.get(f"/api/v1/models/{model}/versions/production")
    assert status == 200, body
    version: dict[str, Any] = json.loads(body)
    return version


def stages_of(server: ServerProcess, model: str) -> dict[int, str]:
    _, _, body = server.get(f"/api/v1/models/{model}/versions")
    return {version["number"]: version["stage"] for version in json.loads(body)["items"]}


def check_what_two_runs_leave(server: ServerProcess, model: str) -> None:
    version, stages = production_of(server, model), stages_of(server, model)
    assert version["number"] > len(stages) // 2, "one of the second run"
    assert version["aliases"] == ["champion"]
    assert version["card"].startswith(f"# {model}: ")
    assert {dataset["name"].rpartition("/")[2] for dataset in version["lineage"]["datasets"]} == {
        "train",
        "validation",
        "holdout",
    }
    assert len(version["files"]) == 3
    assert list(stages.values()).count("production") == 1
    assert list(stages.values()).count("archived") == 2, "the baseline, and the best of the first run"


class Tampering:
    """An application whose stored bytes someone changes, one in each file, before a model is fetched."""

    def __init__(self, app: ASGIApp, blobs: Path) -> None:
        self._app = app
        self._blobs = blobs
        self.changed = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/files/model.joblib") and not self.changed:
            self._change()
        await self._app(scope, receive, send)

    def _change(self) -> None:
        for path in self._blobs.rglob("*.*"):
            content = bytearray(path.read_bytes())
            content[-1] ^= 1
            path.chmod(0o600)
            path.write_bytes(content)
            self.changed += 1


@contextlib.contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    config = uvicorn.Config(app, interface="asgi3", loop="uvloop", ws="none", lifespan="on", log_config=None)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def test_models_reach_production_and_come_back_as_they_were_also_when_it_runs_again(tmp_path: Path) -> None:
    status, output = run_demo(tmp_path)
    assert status == 0, output
    assert PROVEN in output
    assert "Serve it again: make run" in output
    assert re.search(r"demo\.digits:3 .* cut at \d+ %", output)
    assert "409 urn:modelyard:error:transition-refused" in output
    assert "360 of 360 equal" in output

    lines = output.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert len(lines) < 120
    assert "\x1b" not in output

    status, output = run_demo(tmp_path)
    assert status == 0, output
    assert PROVEN in output
    assert "An earlier run was here" in output

    with running(REAL, tmp_path / ".data") as server:
        for model in MODELS:
            check_what_two_runs_leave(server, model)


def test_a_changed_byte_is_not_loaded_and_the_demo_fails(tmp_path: Path) -> None:
    settings = Settings.from_env({"MODELYARD_DATA_DIR": str(tmp_path / "data")})
    app = Tampering(create_app(settings), settings.data_dir / "blobs" / "sha256")
    with serving(app) as url:
        status, output = run_demo(tmp_path, "--url", url)
    assert app.changed
    assert status == 1, output
    assert re.search(r"✗ The demo failed\. demo\.tumours:\d+ model\.joblib was not loaded: the bytes received", output)
    assert "Traceback" not in output
    assert PROVEN not in output


def test_on_a_folder_that_is_served_already_it_says_what_to_do(tmp_path: Path) -> None:
    with running(REAL, tmp_path / ".data") as server:
        status, output = run_demo(tmp_path)
    assert status == 1, output
    assert f"in use by another server or command (process {server.process.pid})" in output
    assert "-m demo --url http://127.0.0.1:8000" in output
    assert "Traceback" not in output
