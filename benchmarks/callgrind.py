"""Callgrind, which counts the instructions of a program: the same number however busy the machine is."""

import asyncio
import itertools
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.http_client import LoadFailed, drive, encode_request
from benchmarks.load import checked
from benchmarks.servers import WITH_EMPTY_ENDPOINT, Server, modelyard

_WARMING_UP = 200
"""Requests in which caches fill, and Python settles on its specialised instructions."""
_COUNTED = 500
_TOTAL = re.compile(r"(?m)^totals: ([0-9]+)$")
_COUNTS = "counts"


def is_installed() -> bool:
    """Whether it is there; Debian has it in the package valgrind."""
    return shutil.which("callgrind_control") is not None


@dataclass(slots=True)
class CountedServer:
    """A server whose instructions are counted, those of the kernel left out."""

    server: Server
    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def instructions(self, path: str, headers: Mapping[str, str]) -> float:
        """Those of one GET of many over one connection.

        Raises:
            LoadFailed: An answer was not 200, or nothing was counted.
        """
        request = encode_request("GET", path, headers=headers)
        self._exchange(request, _WARMING_UP)
        self._control("--zero")
        self._control("--instr=on")
        self._exchange(request, _COUNTED)
        self._control("--instr=off")
        self._control("--dump")
        dump = self.folder / f"{_COUNTS}.{next(self._numbers)}"
        return total_of(dump.read_text(encoding="utf-8")) / _COUNTED

    def _exchange(self, request: bytes, number: int) -> None:
        requests = itertools.repeat(request, number)
        checked(asyncio.run(drive(self.server.port, 1, requests, asyncio.Event())), 200)

    def _control(self, wish: str) -> None:
        command = ("callgrind_control", wish, str(self.server.pid))
        subprocess.run(command, check=True, capture_output=True)


@contextmanager
def counted(folder: Path, variables: Mapping[str, str]) -> Iterator[CountedServer]:
    """The registry on a data folder, under Callgrind; as `modelyard`."""
    tool = ("valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder / _COUNTS}")
    # Where names lie in a dictionary decides how often one is looked for, and is drawn anew in each process otherwise.
    with modelyard(folder, WITH_EMPTY_ENDPOINT, {**variables, "PYTHONHASHSEED": "0"}, under=tool) as server:
        yield CountedServer(server, folder)


def total_of(dump: str) -> int:
    """Instructions, from what Callgrind wrote.

    Raises:
        LoadFailed: It counted none.
    """
    total = _TOTAL.search(dump)
    if total is None or total[1] == "0":
        raise LoadFailed(f"Callgrind counted nothing: {dump[:500]!r}")
    return int(total[1])
