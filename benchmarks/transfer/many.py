"""Many small files, pushed in batches and pulled in an archive, beside a request for each."""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.findings import Finding, Target, at_least
from benchmarks.plan import Plan
from benchmarks.series import Series, interleaved
from benchmarks.servers import Server, modelyard
from benchmarks.transfer import subject
from modelyard.client.server import Server as Registry
from modelyard.client.transport import Transport

FILE_BYTES = 20 * 1024
CONNECTIONS = 8
MOST = 10_000
PUSH = at_least(2)
PULL = at_least(1)

_TOGETHER, _SINGLY, _KEPT = "together", "one by one", "one by one, kept"


def measure(plan: Plan) -> Iterator[Finding]:
    """Files a second."""
    folder = plan.subfolder("many")
    count = min(MOST, plan.file_bytes // (200 * 1024))  # fewer where the large file is a small one, too
    with modelyard(folder) as server:
        measures = {
            _TOGETHER: partial(_push, server, folder, count),
            _SINGLY: partial(_put_each, server, count),
        }
        pushed = interleaved("push of many files", plan.rounds, measures)
        what = f"push of {count:,} files of 20 KiB, in batches"
        yield _finding(what, pushed[_TOGETHER], f"durable PUTs over {CONNECTIONS} connections", pushed[_SINGLY], PUSH)
        measures = {
            _TOGETHER: partial(_pull, server, folder, count),
            _SINGLY: partial(_get_each, server, count, None),
            _KEPT: partial(_get_each, server, count, folder / "fetched"),
        }
        pulled = interleaved("pull of many files", plan.rounds, measures)
        what = f"pull of {count:,} files of 20 KiB, verified, into the cache"
        gets = f"GETs over {CONNECTIONS} connections"
        yield _finding(what, pulled[_TOGETHER], "pushed by durable PUTs", pushed[_SINGLY], PULL)
        yield _finding(what, pulled[_TOGETHER], f"{gets}, hashed and written", pulled[_KEPT], PULL)
        yield _finding(what, pulled[_TOGETHER], f"{gets}, forgotten", pulled[_SINGLY], None)


def _finding(what: str, ours: list[float], beside_what: str, theirs: list[float], target: Target | None) -> Finding:
    return Finding(
        what=what,
        figure=Series.of(*ours),
        unit="a second",
        beside_what=beside_what,
        beside=Series.of(*theirs),
        target=target,
    )


def _push(server: Server, folder: Path, count: int) -> float:
    source = folder / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    for number in range(count):
        (source / f"{number:05}.bin").write_bytes(os.urandom(FILE_BYTES))
    os.sync()
    return count / subject.run("push", server.port, source, folder / "cache").transfer_seconds


def _pull(server: Server, folder: Path, count: int) -> float:
    shutil.rmtree(folder / "cache", ignore_errors=True)
    os.sync()
    return count / subject.run("pull", server.port, "pushed:latest", folder / "cache").seconds


def _put_each(server: Server, count: int) -> float:
    contents = [os.urandom(FILE_BYTES) for _ in range(count)]
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    os.sync()
    transport = Transport(Registry(url=f"http://127.0.0.1:{server.port}"))

    def put(place: int) -> None:
        transport.request("PUT", f"/blobs/sha256:{digests[place]}", body=contents[place])

    return _rate(put, count)


def _get_each(server: Server, count: int, folder: Path | None) -> float:
    transport = Transport(Registry(url=f"http://127.0.0.1:{server.port}"))
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        os.sync()

    def get(place: int) -> None:
        content = transport.request("GET", f"/models/pushed/versions/latest/files/{place:05}.bin").body
        assert len(content) == FILE_BYTES  # noqa: S101  # what comes has to be the file
        if folder is not None:
            (folder / hashlib.sha256(content).hexdigest()).write_bytes(content)

    return _rate(get, count)


def _rate(call: Callable[[int], None], count: int) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in pool.map(call, range(count)):
            pass
    return count / (time.perf_counter() - began)
