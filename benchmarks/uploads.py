"""What it costs to take in a large file, hashed and durable, beside `cp`, `fsync` and `openssl`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from benchmarks import sample
from benchmarks.findings import Finding, at_least, at_most
from benchmarks.large_file import Cost, LargeFile, has_openssl, level_the_ground
from benchmarks.plan import Plan
from benchmarks.processes import MIB, cpu_seconds, peak_bytes, reset_peak, resident_bytes
from benchmarks.responsiveness import slowest_percent_ms
from benchmarks.sample import API
from benchmarks.series import Series, announce, interleaved
from benchmarks.servers import Server, modelyard
from benchmarks.transfer_client import upload

RATE = at_least(0.35)
CPU = at_most(2.5)
GROWTH = at_most(32)
LATENCY = at_most(10)

_OURS, _COPY, _HASH = "PUT /blobs", "cp and fsync", "openssl"


@dataclass(frozen=True, slots=True)
class Uploads:
    """Puts a file of new bytes into a server, again and again."""

    server: Server
    file: LargeFile
    idle_bytes: int
    growths: list[float]

    def put(self, digest: str) -> Cost:
        """Upload once, and note how far the server's memory grew above its idle state."""
        reset_peak(self.server.pid)
        before = cpu_seconds([self.server.pid])
        seconds = upload(self.server.port, f"{API}/blobs/{digest}", self.file.path)
        self.growths.append((peak_bytes(self.server.pid) - self.idle_bytes) / MIB)
        return Cost(seconds, cpu_seconds([self.server.pid]) - before)

    def put_new(self) -> Cost:
        """Upload new bytes, from the same start as `cp`."""
        digest = self.file.renew()
        level_the_ground(self.file.path.parent, self.file.size_bytes)
        return self.put(digest)


def measure(plan: Plan) -> Iterator[Finding]:
    """Rate, processor time, memory, and what reads notice of it."""
    folder = plan.subfolder("uploads")
    file = LargeFile(folder / "source", plan.file_bytes)
    with modelyard(folder) as server:
        uploads = Uploads(server, file, resident_bytes(server.pid), [])
        measures = {_COPY: file.copy_durably, _OURS: uploads.put_new}
        if has_openssl():
            measures[_HASH] = file.hash_by_openssl
        costs = interleaved("upload", plan.rounds, measures)
        yield from _cost_findings(plan, costs)
        yield Finding(
            what="upload: memory above idle", figure=Series.of(*uploads.growths[1:]), unit="MiB", target=GROWTH
        )
        sample.fill(server.port)
        yield from _latency_findings(plan, uploads)


def _cost_findings(plan: Plan, costs: dict[str, list[Cost]]) -> Iterator[Finding]:
    size_mib = plan.file_bytes / MIB
    yield Finding(
        what=f"upload of {size_mib:.0f} MiB",
        figure=Series.of(*(size_mib / cost.seconds for cost in costs[_OURS])),
        unit="MiB/s",
        beside_what=_COPY,
        beside=Series.of(*(size_mib / cost.seconds for cost in costs[_COPY])),
        target=RATE,
    )
    plain = [
        copied.cpu_seconds + hashed.cpu_seconds
        for copied, hashed in zip(costs[_COPY], costs.get(_HASH, ()), strict=False)
    ]
    yield Finding(
        what="upload: processor time",
        figure=Series.of(*(cost.cpu_seconds for cost in costs[_OURS])),
        unit="s",
        beside_what="cp and openssl dgst -sha256" + ("" if plain else " (not installed)"),
        beside=Series.of(*plain) if plain else None,
        target=CPU,
    )


def _latency_findings(plan: Plan, uploads: Uploads) -> Iterator[Finding]:
    port, path = uploads.server.port, sample.READS["read by stage"]
    alone, beside = [], []
    for number in range(1, plan.rounds + 1):
        announce(f"upload: reads beside it, round {number} of {plan.rounds}")
        alone.append(slowest_percent_ms(port, path, plan.seconds))
        put_once = partial(uploads.put, uploads.file.renew())
        beside.append(slowest_percent_ms(port, path, 0, put_once))
    yield Finding(what="p99 of reads from 4 connections, alone", figure=Series.of(*alone), unit="ms")
    yield Finding(what="p99 of reads beside an upload", figure=Series.of(*beside), unit="ms", target=LATENCY)
