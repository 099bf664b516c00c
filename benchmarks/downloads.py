"""What it costs to send a large file, whole, in ranges and verified, beside nginx with sendfile."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

from benchmarks import sample
from benchmarks.calls import call
from benchmarks.findings import Finding, at_least, at_most
from benchmarks.large_file import LargeFile
from benchmarks.plan import Plan
from benchmarks.processes import MIB, peak_bytes, reset_peak, resident_bytes
from benchmarks.responsiveness import slowest_percent_ms
from benchmarks.sample import API
from benchmarks.series import Series, announce, interleaved
from benchmarks.servers import Server, has_nginx, modelyard, nginx
from benchmarks.transfer_client import download, upload

RATE = at_least(0.9)
GROWTH = at_most(16)
LATENCY = at_most(10)

_WAYS = {"whole": None, "in ranges of 8 MiB": 8 * MIB, "in ranges of 64 MiB": 64 * MIB}
_NGINX = "nginx, sendfile"


def measure(plan: Plan) -> Iterator[Finding]:
    """Rates, memory, and what reads notice of it."""
    folder = plan.subfolder("downloads")
    file = LargeFile(folder / "source", plan.file_bytes)
    with modelyard(folder) as server:
        path = _register(server, file)
    with ExitStack() as stack:
        # Not the server that took the file in, whose memory may have grown by that.
        server = stack.enter_context(modelyard(folder))
        rival = stack.enter_context(nginx(folder)) if has_nginx() else None
        idle_bytes = resident_bytes(server.pid)
        reset_peak(server.pid)
        rates = {name: _rates(plan, name, server, path, rival) for name in _WAYS}
        for name, (ours, theirs) in rates.items():
            yield _rate_finding(f"download of {plan.file_bytes / MIB:.0f} MiB, {name}", ours, theirs)
        growth = (peak_bytes(server.pid) - idle_bytes) / MIB
        yield Finding(what="download: memory above idle", figure=Series.of(growth), unit="MiB", target=GROWTH)
        yield _verified_finding(plan, file, server, path)
        for name in ("whole", "in ranges of 8 MiB"):
            yield _latency_finding(plan, name, server.port, partial(_download, plan, server.port, path, _WAYS[name]))


def _register(server: Server, file: LargeFile) -> str:
    """Put the file into a version; returns its address."""
    digest = file.renew()
    upload(server.port, f"{API}/blobs/{digest}", file.path)
    sample.fill(server.port)
    stored = sample.StoredFile(digest, file.size_bytes)
    versions = f"{API}/models/{sample.MODEL}/versions"
    number = call(server.port, "POST", versions, sample.version_document(0, stored))["number"]
    return f"{versions}/{number}/files/model.joblib"


def _verified_finding(plan: Plan, file: LargeFile, server: Server, path: str) -> Finding:
    """Whole downloads that the server hashes, beside those that it does not."""
    with modelyard(plan.subfolder("verified"), variables={"MODELYARD_VERIFY_DOWNLOADS": "true"}) as verifying:
        verified_path = _register(verifying, file)
        measures = {
            "verified": partial(_download, plan, verifying.port, verified_path, None),
            "not verified": partial(_download, plan, server.port, path, None),
        }
        rates = interleaved("download verified", plan.rounds, measures)
    return Finding(
        what=f"download of {plan.file_bytes / MIB:.0f} MiB, whole, with MODELYARD_VERIFY_DOWNLOADS",
        figure=Series.of(*rates["verified"]),
        unit="MiB/s",
        beside_what="without it",
        beside=Series.of(*rates["not verified"]),
    )


def _rates(plan: Plan, name: str, server: Server, path: str, rival: Server | None) -> tuple[Series, Series | None]:
    """MiB a second, of the server and of the other."""
    measures = {"Modelyard": partial(_download, plan, server.port, path, _WAYS[name])}
    if rival is not None:
        measures[_NGINX] = partial(_download, plan, rival.port, "/source", _WAYS[name])
    rates = interleaved(f"download {name}", plan.rounds, measures)
    return Series.of(*rates["Modelyard"]), Series.of(*rates[_NGINX]) if rival is not None else None


def _download(plan: Plan, port: int, path: str, part_bytes: int | None) -> float:
    return plan.file_bytes / MIB / download(port, path, plan.file_bytes, part_bytes)


def _rate_finding(what: str, ours: Series, theirs: Series | None) -> Finding:
    beside_what = _NGINX if theirs is not None else f"{_NGINX} (not installed)"
    return Finding(what=what, figure=ours, unit="MiB/s", beside_what=beside_what, beside=theirs, target=RATE)


def _latency_finding(plan: Plan, name: str, port: int, transfer: Callable[[], float]) -> Finding:
    values = []
    for number in range(1, plan.rounds + 1):
        announce(f"download {name}: reads beside it, round {number} of {plan.rounds}")
        values.append(slowest_percent_ms(port, sample.READS["read by stage"], plan.seconds, transfer))
    return Finding(what=f"p99 of reads beside a download {name}", figure=Series.of(*values), unit="ms", target=LATENCY)
