"""The client for large files, as cheap as Python allows: `sendfile` one way, one large buffer the other.

Run as a program of its own, so that it shares no interpreter lock with a load beside it; prints the seconds.
"""

import argparse
import socket
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.http_client import LoadFailed
from benchmarks.servers import ROOT

_BUFFER_BYTES = 4 * 2**20
_PATIENCE_SECONDS = 300


def upload(port: int, path: str, file: Path) -> float:
    """PUT a file from another process; returns the seconds from connecting to the answer."""
    return _timed("upload", str(port), path, "--file", str(file))


def download(port: int, path: str, size_bytes: int, part_bytes: int | None = None) -> float:
    """GET a file from another process, whole or part by part over one connection; returns the seconds."""
    parts = () if part_bytes is None else ("--part-bytes", str(part_bytes))
    return _timed("download", str(port), path, "--size-bytes", str(size_bytes), *parts)


def _timed(*arguments: str) -> float:
    command = (sys.executable, "-m", "benchmarks.transfer_client", *arguments)
    outcome = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=_PATIENCE_SECONDS)
    if outcome.returncode:
        raise LoadFailed(f"{' '.join(arguments)}: {outcome.stderr}")
    return float(outcome.stdout)


def _send(connection: socket.socket, path: str, file: Path) -> None:
    head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {file.stat().st_size}\r\n\r\n"
    connection.sendall(head.encode())
    with file.open("rb") as source:
        connection.sendfile(source)
    status, _ = _read_head(connection, bytearray(_BUFFER_BYTES))
    if status != 201:
        raise LoadFailed(f"PUT {path}: {status}")


def _receive(connection: socket.socket, path: str, size_bytes: int, part_bytes: int | None) -> None:
    buffer = bytearray(_BUFFER_BYTES)
    if part_bytes is None:
        _receive_part(connection, buffer, path, "", 200, size_bytes)
        return
    for start in range(0, size_bytes, part_bytes):
        stop = min(start + part_bytes, size_bytes)
        _receive_part(connection, buffer, path, f"Range: bytes={start}-{stop - 1}\r\n", 206, stop - start)


def _receive_part(
    connection: socket.socket, buffer: bytearray, path: str, range_line: str, expected: int, part_bytes: int
) -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{range_line}\r\n".encode())
    status, came_bytes = _read_head(connection, buffer)
    while came_bytes < part_bytes and status == expected:
        read_bytes = connection.recv_into(buffer)
        if not read_bytes:
            break
        came_bytes += read_bytes
    if (status, came_bytes) != (expected, part_bytes):
        raise LoadFailed(f"GET {path}: status {status}, {came_bytes} of {part_bytes} bytes")


def _read_head(connection: socket.socket, buffer: bytearray) -> tuple[int, int]:
    """The status, and how many bytes of the body came with the head."""
    filled_bytes = 0
    while (head_end := buffer.find(b"\r\n\r\n", 0, filled_bytes)) < 0:
        read_bytes = connection.recv_into(memoryview(buffer)[filled_bytes:])
        if not read_bytes:
            raise LoadFailed("the server closed the connection")
        filled_bytes += read_bytes
    return int(buffer[9:12]), filled_bytes - head_end - 4


def main() -> None:
    """Transfer once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("direction", choices=("upload", "download"))
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("--file", type=Path)
    parser.add_argument("--size-bytes", type=int)
    parser.add_argument("--part-bytes", type=int)
    wanted = parser.parse_args()
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", wanted.port), timeout=_PATIENCE_SECONDS) as connection:
        if wanted.direction == "upload":
            _send(connection, wanted.path, wanted.file)
        else:
            _receive(connection, wanted.path, wanted.size_bytes, wanted.part_bytes)
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
