"""What a training run has logged, on this machine's disk: it outlives the process."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from modelyard.client.answers import Document

_RECORD: Final = "run.json"
_LINES: Final = "lines.jsonl"
_LOCK: Final = "lock"


class Spool:
    """The folder of one run. Whoever has it open holds its lock, until they close it or their process ends."""

    def __init__(self, folder: Path, lock: IO[bytes]) -> None:
        self.folder = folder
        self._lock = lock
        self._lines: int | None = None
        self._is_torn = False

    @classmethod
    def create(cls, folder: Path, record: Document) -> "Spool":
        """A new one, in a folder that only its owner can read."""
        folder.mkdir(parents=True, mode=0o700)
        spool = cls.open(folder)
        if spool is None:
            raise FileExistsError(folder)
        spool.write(record)
        return spool

    @classmethod
    def open(cls, folder: Path) -> "Spool | None":
        """One that is there; nothing while another has it open."""
        lock = (folder / _LOCK).open("ab")
        if _take(lock):
            return cls(folder, lock)
        lock.close()
        return None

    @property
    def record(self) -> Document:
        """What is said of the run as a whole.

        Raises:
            ValueError, OSError: it cannot be read, as after its process was killed in its first moment.
        """
        document: Document = json.loads((self.folder / _RECORD).read_bytes())
        return document

    def read(self, name: str) -> Document | None:
        """Another document that lies beside the record; nothing where there is none."""
        path = self.folder / name
        if not path.exists():
            return None
        document: Document = json.loads(path.read_bytes())
        return document

    def write(self, document: Document, name: str = _RECORD) -> None:
        """Replace the record, or a document beside it, as a whole."""
        beside = self.folder / f"{name}.new"
        beside.write_text(json.dumps(document), encoding="utf-8")
        beside.replace(self.folder / name)

    def append(self, line: Document) -> None:
        """Add a line. When this returns, the end of the process cannot lose it; a power cut can.

        Raises:
            OSError: there is no space, or the disk failed.
        """
        if self._lines is None:
            self._lines = os.open(self.folder / _LINES, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        content = b"\n" * self._is_torn + json.dumps(line).encode() + b"\n"
        self._is_torn = True
        while content:
            content = content[os.write(self._lines, content) :]
        self._is_torn = False

    def lines(self) -> Iterator[Document]:
        """All lines in their order; one that was cut off by the end of its process, or of the disk, is left out."""
        try:
            with (self.folder / _LINES).open("rb") as file:
                for line in file:
                    try:
                        yield json.loads(line)
                    except ValueError:
                        continue
        except FileNotFoundError:
            return

    def close(self) -> None:
        """Let others open it."""
        if self._lines is not None:
            os.close(self._lines)
            self._lines = None
        self._lock.close()

    def remove(self) -> None:
        """Close it, and remove all that it holds."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _take(lock: IO[bytes]) -> bool:
    """Whether nobody else held it; the end of a process lets go of it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
