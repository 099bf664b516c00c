"""Whether memory grows with the size of files: 50 clients each upload a file of their own into an object store."""

import hashlib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.cluster.parts import shared_parts
from benchmarks.findings import Finding, at_most
from benchmarks.http_client import LoadFailed
from benchmarks.plan import Plan
from benchmarks.processes import MIB, family, resident_bytes
from benchmarks.sample import API
from benchmarks.series import Series, announce
from benchmarks.servers import PLAIN, Server, modelyard

CLIENTS = 50
WORKERS = 2
TARGET = at_most(1.15)
_SIZES = (1 / 16, 1 / 4)
"""Of the largest file of the plan: 64 and 256 MiB. Smaller ones are over before all are under way at once."""
_SAMPLE_SECONDS = 0.25
_PATIENCE_SECONDS = 900
_BLOCK = bytes(range(256)) * 4096


def measure(plan: Plan) -> Iterator[Finding]:
    """The largest memory of all workers together, looked at four times a second. One run for each size."""
    sizes = [int(plan.file_bytes * share) for share in _SIZES]
    peaks = {
        size_bytes: _peak_bytes(plan.subfolder(f"cluster-memory-{size_bytes}"), size_bytes) for size_bytes in sizes
    }
    smallest = Series.of(peaks[sizes[0]] / MIB)
    for size_bytes in sizes:
        yield Finding(
            what=f"memory of {WORKERS} workers while {CLIENTS} clients upload {size_bytes // MIB} MiB each",
            figure=Series.of(peaks[size_bytes] / MIB),
            unit="MiB",
            beside_what="" if size_bytes == sizes[0] else f"{sizes[0] // MIB} MiB each",
            beside=None if size_bytes == sizes[0] else smallest,
            target=None if size_bytes == sizes[0] else TARGET,
        )


def _peak_bytes(folder: Path, size_bytes: int) -> int:
    """On new servers, which no run before has made larger. What is stored stands there twice for a while."""
    volumes = 3 * CLIENTS * size_bytes // (256 * MIB) + 20
    with (
        shared_parts(folder / "parts", volumes) as variables,
        modelyard(folder / "shared", PLAIN, {**variables, "MODELYARD_WORKERS": str(WORKERS)}) as server,
    ):
        return _upload_all(server, size_bytes)


def _upload_all(server: Server, size_bytes: int) -> int:
    announce(f"memory: {CLIENTS} clients upload {size_bytes // MIB} MiB each")
    peak_bytes = 0
    with ThreadPoolExecutor(CLIENTS) as clients:
        uploads = [clients.submit(_upload, server.port, client, size_bytes) for client in range(CLIENTS)]
        while not all(upload.done() for upload in uploads):
            peak_bytes = max(peak_bytes, sum(map(resident_bytes, family(server.pid)[1:])))
            time.sleep(_SAMPLE_SECONDS)
        for upload in uploads:
            upload.result()
    return peak_bytes


def _upload(port: int, client: int, size_bytes: int) -> None:
    """A file that begins with the number of its client, so that all differ."""
    first = client.to_bytes(16, "big") + _BLOCK[16:]
    blocks = size_bytes // len(_BLOCK)
    total = hashlib.sha256(first)
    for _ in range(blocks - 1):
        total.update(_BLOCK)
    path = f"{API}/blobs/sha256:{total.hexdigest()}"
    head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {blocks * len(_BLOCK)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS) as connection:
        connection.sendall(head.encode() + first)
        for _ in range(blocks - 1):
            connection.sendall(_BLOCK)
        status = connection.recv(65536)[9:12]
    if status != b"201":
        raise LoadFailed(f"PUT {path}: {status.decode(errors='replace')}")
