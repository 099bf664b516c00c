"""A large file, pushed and pulled by the client and by curl, from and to the same disk."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.findings import Finding, Target, at_least, at_most
from benchmarks.large_file import LargeFile, level_the_ground
from benchmarks.plan import Plan
from benchmarks.processes import MIB
from benchmarks.sample import API
from benchmarks.series import Series, interleaved
from benchmarks.servers import Server, modelyard
from benchmarks.transfer import subject

PUSH = at_least(0.8)
PULL = at_least(0.6)
MEMORY = at_most(100)

_OURS, _CURL = "the client", "curl"


def measure(plan: Plan) -> Iterator[Finding]:
    """Rates beside those of curl, and memory."""
    folder = plan.subfolder("large")
    (folder / "source").mkdir()
    file = LargeFile(folder / "source" / "weights.bin", plan.file_bytes)
    curl = shutil.which("curl")
    with modelyard(folder) as server:
        measures: dict[str, Callable[[], subject.Cost]] = {_OURS: partial(_push, server, file, folder)}
        if curl:
            measures[_CURL] = partial(_put_by_curl, curl, server, file)
        costs = interleaved("push", plan.rounds, measures)
        size = f"{plan.file_bytes / MIB:.0f} MiB"
        ours, theirs = costs[_OURS], costs.get(_CURL, [])
        yield _rate(plan, f"push of {size}, hashed and sent", [one.seconds for one in ours], theirs, PUSH)
        yield _memory("push", ours)
        measures = {_OURS: partial(_pull, server, file, folder)}
        if curl:
            measures[_CURL] = partial(_get_by_curl, curl, server, file)
        costs = interleaved("pull", plan.rounds, measures)
        ours, theirs = costs[_OURS], costs.get(_CURL, [])
        yield _rate(plan, f"pull of {size}, verified", [one.seconds for one in ours], theirs, PULL)
        yield _memory("pull", ours)


def _rate(
    plan: Plan, what: str, seconds: list[float], theirs: list[subject.Cost], target: Target | None = None
) -> Finding:
    size_mib = plan.file_bytes / MIB
    return Finding(
        what=what,
        figure=Series.of(*(size_mib / one for one in seconds)),
        unit="MiB/s",
        beside_what="curl, which verifies nothing" if theirs else "curl (not installed)",
        beside=Series.of(*(size_mib / one.seconds for one in theirs)) if theirs else None,
        target=target,
    )


def _memory(what: str, costs: list[subject.Cost]) -> Finding:
    figure = Series.of(*(one.peak_bytes / MIB for one in costs))
    return Finding(what=f"{what}: memory of the client at most", figure=figure, unit="MiB", target=MEMORY)


def _push(server: Server, file: LargeFile, folder: Path) -> subject.Cost:
    file.renew()
    level_the_ground(folder, file.size_bytes)
    return subject.run("push", server.port, file.path.parent, folder / "cache")


def _pull(server: Server, file: LargeFile, folder: Path) -> subject.Cost:
    shutil.rmtree(folder / "cache", ignore_errors=True)
    level_the_ground(folder, file.size_bytes)
    return subject.run("pull", server.port, "pushed:latest", folder / "cache")


def _put_by_curl(curl: str, server: Server, file: LargeFile) -> subject.Cost:
    digest = file.renew()
    level_the_ground(file.path.parent, file.size_bytes)
    return _timed(curl, "-T", str(file.path), _address(server, f"blobs/{digest}"))


def _get_by_curl(curl: str, server: Server, file: LargeFile) -> subject.Cost:
    target = file.path.with_name("fetched")
    level_the_ground(file.path.parent, file.size_bytes)
    try:
        path = "models/pushed/versions/latest/files/weights.bin"
        return _timed(curl, "-o", str(target), _address(server, path))
    finally:
        target.unlink()


def _address(server: Server, path: str) -> str:
    return f"http://127.0.0.1:{server.port}{API}/{path}"


def _timed(curl: str, *arguments: str) -> subject.Cost:
    began = time.perf_counter()
    subprocess.run((curl, "-sS", "--fail", *arguments), check=True, capture_output=True)
    return subject.Cost(0.0, time.perf_counter() - began, 0)
