"""How much is measured, and where."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.findings import Finding
from benchmarks.processes import MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What all benchmarks go by. `folder` is on a real disk, and gone after the run."""

    folder: Path
    rounds: int
    seconds: int = 3
    file_bytes: int = 1024 * MIB

    def subfolder(self, name: str) -> Path:
        """A new folder for one benchmark."""
        folder = self.folder / name
        folder.mkdir()
        return folder


Benchmark = Callable[[Plan], Iterator[Finding]]
