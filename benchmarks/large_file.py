"""A large file of random bytes, and what the plainest tools need for it."""

import hashlib
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import MIB


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, and of the processor."""

    seconds: float
    cpu_seconds: float


class LargeFile:
    """Its bytes can be made new, since a registry takes the same bytes only once."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path = path
        self.size_bytes = size_bytes
        with path.open("wb") as file:
            for _ in range(0, size_bytes, MIB):
                file.write(os.urandom(MIB))
            os.fsync(file.fileno())

    def renew(self) -> str:
        """Change a few bytes at the beginning; returns the digest of the file as it is now."""
        with self.path.open("r+b", buffering=0) as file:
            file.write(os.urandom(32))
            os.fsync(file.fileno())
            file.seek(0)
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"

    def copy_durably(self) -> Cost:
        """`cp` to the same file system, then `fsync`."""
        copy = self.path.with_name("copy")

        def run() -> None:
            subprocess.run(("cp", self.path, copy), check=True)  # noqa: S607  # wherever it is on this machine
            with copy.open("rb") as file:
                os.fsync(file.fileno())

        level_the_ground(copy.parent, self.size_bytes)
        try:
            return _cost_of(run)
        finally:
            copy.unlink(missing_ok=True)

    def hash_by_openssl(self) -> Cost:
        """`openssl dgst -sha256`."""
        command = ("openssl", "dgst", "-sha256", self.path)  # wherever it is on this machine
        return _cost_of(lambda: subprocess.run(command, check=True, capture_output=True))


def level_the_ground(folder: Path, size_bytes: int) -> None:
    """Leave no work to the next measurement that belongs to the one before: call it ahead of each.

    What was removed is off the disk, and twice as many pages are free as the file fills, all of them used a moment
    ago, by a file that is gone before it is written back. A virtual machine pays ten times the price for pages that its
    host has taken back: without this, `cp` would pay for the pages that the upload after it finds ready.
    """
    os.sync()
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(0, 2 * size_bytes, MIB):
            file.write(bytes(MIB))


def has_openssl() -> bool:
    """Whether its command line is there."""
    return shutil.which("openssl") is not None


def _cost_of(run: Callable[[], object]) -> Cost:
    """The time until it returns, and the processor's time of the programs that it ran."""
    began_cpu, began = _cpu_of_children(), time.perf_counter()
    run()
    return Cost(time.perf_counter() - began, _cpu_of_children() - began_cpu)


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
