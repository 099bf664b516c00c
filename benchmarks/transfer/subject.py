"""The client as a process of its own: pushes a folder or pulls a version, and prints what that took as JSON."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import modelyard
from benchmarks.http_client import LoadFailed
from benchmarks.processes import peak_bytes
from benchmarks.servers import ROOT
from modelyard.client.transfer.hashing_ahead import hash_and_send
from modelyard.client.transfer.local_file import Source, local_files
from modelyard.client.transfer.sending import send

_PATIENCE_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the transfer, those of hashing if that went before, and the most memory that the process had."""

    hash_seconds: float
    transfer_seconds: float
    peak_bytes: int

    @property
    def seconds(self) -> float:
        """Both together."""
        return self.hash_seconds + self.transfer_seconds


def run(action: str, port: int, target: Path | str, cache: Path) -> Cost:
    """`push` a folder as a version of the model `pushed`, or `pull` a reference, in another process."""
    variables = {"MODELYARD_CACHE": str(cache), "MODELYARD_CACHE_MAX_BYTES": "1TiB"}
    command = (sys.executable, "-m", "benchmarks.transfer.subject", action, f"http://127.0.0.1:{port}", str(target))
    outcome = subprocess.run(
        command, cwd=ROOT, env=_environment(variables), check=False, capture_output=True, text=True,
        timeout=_PATIENCE_SECONDS,
    )  # fmt: skip
    if outcome.returncode:
        raise LoadFailed(f"{action}: {outcome.stderr}")
    return Cost(**json.loads(outcome.stdout))


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MODELYARD_")}
    return {**kept, **variables}


def _push(registry: modelyard.Registry, folder: Path) -> tuple[float, float]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    sources = [Source(path=path.relative_to(folder).as_posix(), source=path) for path in paths]
    began = time.perf_counter()
    if len(sources) == 1:
        files = hash_and_send(registry.transport, sources)
        hashed = began
    else:
        files = local_files(sources)
        hashed = time.perf_counter()
        send(registry.transport, files)
    sent = time.perf_counter()
    version = {"files": [file.entry for file in files]}
    registry.transport.post("/models/pushed/versions", version, {"create_model": True})
    return hashed - began, sent - hashed


def _pull(registry: modelyard.Registry, reference: str) -> tuple[float, float]:
    began = time.perf_counter()
    registry.pull(reference)
    return 0.0, time.perf_counter() - began


def main() -> None:
    """Do it, and tell."""
    action, url, target = sys.argv[1:]
    with modelyard.connect(url) as registry:
        hashing, transfer = _push(registry, Path(target)) if action == "push" else _pull(registry, target)
    peak = peak_bytes(os.getpid())  # getrusage would tell that of the process that began this one, too
    print(json.dumps({"hash_seconds": hashing, "transfer_seconds": transfer, "peak_bytes": peak}))


if __name__ == "__main__":
    main()
