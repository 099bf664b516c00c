"""How soon the server is ready, beside importing what it stands on; and what it holds while it idles."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.findings import Finding, at_most
from benchmarks.plan import Plan
from benchmarks.processes import MIB, family, proportional_bytes, settle
from benchmarks.series import Series, interleaved
from benchmarks.servers import modelyard

READY = at_most(2.5)
MEMORY = at_most(120)

_IMPORT = "import fastapi, sqlalchemy, uvicorn"
_NEW, _AGAIN = "ready on a new folder", "ready on a folder with a database"


def measure(plan: Plan) -> Iterator[Finding]:
    """Seconds until /ready answers, and memory after that."""
    folder = plan.subfolder("startup")
    times = interleaved(
        "startup",
        plan.rounds,
        {
            _IMPORT: _import_seconds,
            _NEW: lambda: _ready_seconds(folder / str(time.monotonic_ns())),
            _AGAIN: lambda: _ready_seconds(folder / "again"),
        },
    )
    for what in (_NEW, _AGAIN):
        yield Finding(
            what=what,
            figure=Series.of(*times[what]),
            unit="s",
            beside_what=f"python -c '{_IMPORT}'",
            beside=Series.of(*times[_IMPORT]),
            target=READY,
        )
    yield Finding(what="idle memory", figure=Series.of(idle_bytes(folder / "again") / MIB), unit="MiB", target=MEMORY)


def idle_bytes(folder: Path) -> int:
    """What the registry holds some seconds after its start (PSS)."""
    with modelyard(folder) as server:
        settle(server.pid)
        return proportional_bytes(family(server.pid))


def _import_seconds() -> float:
    began = time.perf_counter()
    subprocess.run((sys.executable, "-c", _IMPORT), check=True)
    return time.perf_counter() - began


def _ready_seconds(folder: Path) -> float:
    began = time.perf_counter()
    with modelyard(folder):
        return time.perf_counter() - began
